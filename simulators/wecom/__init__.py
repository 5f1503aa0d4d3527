"""A WeCom look-alike on one's own machine: the server API, the members' phones and faults."""
