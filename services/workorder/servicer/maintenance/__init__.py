"""The RPCs of maintenance plans."""
