"""Masks in the forms that files have: outlines, and COCO's run lengths."""
