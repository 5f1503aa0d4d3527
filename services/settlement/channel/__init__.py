"""Ways for money to leave: payment channels, spoken to over the network."""
