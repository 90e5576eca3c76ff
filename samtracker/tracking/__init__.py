"""What a tracker is made of: the objects of a stream, their memories and states."""
