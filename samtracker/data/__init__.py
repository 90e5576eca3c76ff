"""What a network learns from: sequences, sources of samples, and the mixture of them."""
