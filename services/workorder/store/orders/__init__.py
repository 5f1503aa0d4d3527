"""Work orders, their history, and what they are found and counted by."""
