"""Vouchers: what the ledger did, in the words of the company's finance system."""
