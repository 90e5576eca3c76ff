"""Evaluation: scores the masks of a tracker or of a folder against the truth of a data set."""
