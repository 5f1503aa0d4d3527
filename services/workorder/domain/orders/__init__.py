"""Work orders: what they may become, what they begin with, how they are found."""
