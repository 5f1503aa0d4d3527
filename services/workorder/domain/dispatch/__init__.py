"""Who can do a work order, and who best: hard rules, then weighted factors, by a versioned policy."""
