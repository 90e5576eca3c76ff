"""The network: encoders, matcher, decoder, and the weight files it is filled from."""
