"""Machines with their parts, warranties, guides and codes."""
