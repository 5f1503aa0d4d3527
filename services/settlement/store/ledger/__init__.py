"""The ledger: recording, reading and proving it."""
