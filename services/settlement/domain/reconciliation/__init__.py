"""Somebody else's bill beside what we booked: what agrees, what does not, and why."""
