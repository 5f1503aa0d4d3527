"""Queries and writes of the schema ``settlement``; nothing here commits."""
