"""Claims on brands."""
