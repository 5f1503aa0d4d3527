"""The RPCs of parts."""
