"""A video to a folder: run, resume, replay."""
