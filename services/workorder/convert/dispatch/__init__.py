"""Dispatch on the wire."""
