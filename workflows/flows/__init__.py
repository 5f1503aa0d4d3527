"""Flows as people keep them: drafts, published versions, and the difference between two."""
