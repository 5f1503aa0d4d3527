"""Money in: what is owed to the company, what came in, and what goes back."""
