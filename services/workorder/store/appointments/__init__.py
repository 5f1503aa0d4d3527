"""Slots, reservations and appointments."""
