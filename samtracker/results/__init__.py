"""The output folder, the files in it, and results drawn on frames."""
