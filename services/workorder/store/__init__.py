"""Queries and writes of the workorder schema. Nothing here commits."""
