"""The RPCs of machines."""
