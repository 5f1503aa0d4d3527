"""Queries and writes of schema ``directory``, one noun a file; nothing here commits."""
