"""Technicians, outlets and teams on the wire."""
