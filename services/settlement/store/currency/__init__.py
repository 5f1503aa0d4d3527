"""Exchange rates as pricing told them, and conversions at them."""
