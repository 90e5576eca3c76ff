"""The network: encoders, matcher, decoder; tensors in, tensors out."""
