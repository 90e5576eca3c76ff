"""Tracking what comes now: source, window, and the loop between them."""
