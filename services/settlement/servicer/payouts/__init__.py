"""``PayoutService``."""
