"""What looks wrong over time: rules, facts, findings, and what people say of them."""
