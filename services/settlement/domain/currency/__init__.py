"""Balances in other currencies: rates, conversions, gains and losses."""
