"""Tax: who is withheld from, by which table, and how much."""
