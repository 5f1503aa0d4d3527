"""Slots that are promised, and the windows that come of them."""
