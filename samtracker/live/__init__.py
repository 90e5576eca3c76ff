"""Live tracking: a loop that steps through a live source, and a window to point and correct in."""
