"""Claims: what a brand owes for warranty work, sent as one document."""
