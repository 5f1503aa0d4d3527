"""``AdjustmentService``."""
