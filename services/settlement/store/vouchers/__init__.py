"""Vouchers that were handed out."""
