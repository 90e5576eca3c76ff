"""Files of masks that other programs read: a module a format, which writes it and reads it."""
