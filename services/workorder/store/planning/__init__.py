"""Days planned ahead."""
