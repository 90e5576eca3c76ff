"""The web page: a server whose sessions point, track, correct and download in a browser."""
