"""What files may be about: each sheet plans what a file would change, does it, and is written."""
