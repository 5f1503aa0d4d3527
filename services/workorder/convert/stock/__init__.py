"""Parts on the wire."""
