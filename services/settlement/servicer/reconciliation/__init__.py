"""The RPCs of reconciliation."""
