"""People's names beside where they can be reached: messages show names, not ids."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE recipient ADD COLUMN display_name text NOT NULL DEFAULT ''")
