"""Queries and writes of the case read model; nothing here commits."""
