"""Protos to rows and decisions, and back; the only such place."""
