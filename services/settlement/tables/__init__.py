"""Rows of the schema ``settlement``, one noun a file; constraints and triggers stand in the migrations."""
