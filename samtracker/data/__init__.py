"""Training data: clips, sources of samples, and mixtures of them."""
