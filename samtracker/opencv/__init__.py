"""OpenCV, which comes with an extra: its builds, and what is said where there is none."""
