"""What was reported on site, and what it made."""
