"""The ledger beside the least that PostgreSQL could do, and beside a textbook's ledger."""
