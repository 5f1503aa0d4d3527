"""The RPCs of dispatch."""
