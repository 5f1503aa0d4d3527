"""Earnings: what was promised, where each stands and who sees it."""
