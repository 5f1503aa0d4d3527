"""Queries and writes of schema ``pricing``, one noun a file; nothing here commits."""
