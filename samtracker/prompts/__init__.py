"""From what a user points at to first masks."""
