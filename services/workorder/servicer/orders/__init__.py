"""The RPCs of work orders."""
