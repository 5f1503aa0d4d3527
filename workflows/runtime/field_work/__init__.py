"""Field work, pure: a work order lived through, from the first offer to the completed visit."""
