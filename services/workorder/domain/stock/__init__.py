"""Parts: where they are, who asks for them, what was used and what comes back."""
