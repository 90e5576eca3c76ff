"""Diagnostics: what a machine can do for the tracker, and where the time of a step goes."""
