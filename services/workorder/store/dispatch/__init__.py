"""What dispatch knows, and what it decided."""
