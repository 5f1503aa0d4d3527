"""The RPCs of who may do the work."""
