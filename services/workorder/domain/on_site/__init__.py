"""What happens at the place of work, as a pure function of what was reported of it."""
