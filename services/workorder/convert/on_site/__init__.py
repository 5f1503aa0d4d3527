"""What happens on site, on the wire."""
