"""Files of things, row by row."""
