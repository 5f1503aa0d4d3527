"""Which calls of a workflow have no answer yet and are made again, as it last told."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE case_recorder ADD COLUMN retried_calls jsonb NOT NULL DEFAULT '[]';
        CREATE INDEX ix_case_recorder_retrying
            ON case_recorder (case_id) WHERE retried_calls <> '[]';
        """
    )
