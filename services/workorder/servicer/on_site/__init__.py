"""The RPCs of what happens on site."""
