"""In which of its workflow tasks a workflow last told how it stands."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE case_recorder ADD COLUMN told_in_task bigint NOT NULL DEFAULT 0;")
