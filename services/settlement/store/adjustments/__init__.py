"""Adjustments, rules, hold-backs: kept, found, posted."""
