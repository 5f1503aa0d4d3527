"""Earnings."""
