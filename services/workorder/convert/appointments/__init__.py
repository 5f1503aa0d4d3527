"""Slots and appointments on the wire."""
