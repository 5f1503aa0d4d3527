"""Parts, their ledger, and requests for them."""
