"""Payee profiles, tax tables, and what was withheld."""
