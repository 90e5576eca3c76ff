"""What a running job writes down so that it can go on after an interruption."""
