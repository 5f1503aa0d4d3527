"""The RPCs of days planned ahead."""
