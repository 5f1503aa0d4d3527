"""Bills of channels beside the books."""
