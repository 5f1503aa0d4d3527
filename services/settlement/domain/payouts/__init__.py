"""Payouts: what is drawn, how a payout lives, what a channel may say of it."""
