"""The ledger: accounts by party and kind, and transfers between them."""
