"""Machines on the wire."""
