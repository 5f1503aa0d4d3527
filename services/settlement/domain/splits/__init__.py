"""Split rules and how they deal an amount between parties."""
