"""Between messages, rows and decisions; the only place that knows two of them."""
