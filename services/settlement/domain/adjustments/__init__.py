"""Adjustments: what is added to or taken from an earning later, by which rule, allowed by whom."""
