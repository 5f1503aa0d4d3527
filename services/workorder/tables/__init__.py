"""Rows of the workorder schema, one noun a file. Its constraints stand in the migrations."""
