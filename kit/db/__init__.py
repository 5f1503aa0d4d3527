"""PostgreSQL as every process meets it: engine, one transaction an RPC, keys, events, migrations."""
