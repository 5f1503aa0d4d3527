"""Alembic's environment, shared by every area; ``kit.db.migrate`` hands over the connection."""

from alembic import context

_connection = context.config.attributes["connection"]
_schema = context.config.attributes["schema"]

context.configure(
    connection=_connection,
    version_table="schema_version",
    version_table_schema=_schema,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
