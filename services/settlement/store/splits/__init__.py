"""Split rules and what their contracts remember."""
