"""Files of tracking numbers, in a folder or on a file server."""
