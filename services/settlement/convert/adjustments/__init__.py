"""Adjustments, rules and hold-backs on the wire and as rows."""
