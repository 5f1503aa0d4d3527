"""Messages to people: templates, the outbox, the WeCom channel, and a ledger of every attempt."""
