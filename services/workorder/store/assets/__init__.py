"""Machines and what belongs to them."""
