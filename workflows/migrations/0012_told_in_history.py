"""Whether what a workflow told last stands in its history."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE case_recorder ADD COLUMN told_in_history boolean NOT NULL DEFAULT false;"
    )
