"""The RPCs of slots and appointments."""
