"""The RPCs of money in."""
