"""Which case a child case is lived through for, and cases that ended as failed."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE "case"
            ADD COLUMN parent_case_id text NOT NULL DEFAULT '',
            DROP CONSTRAINT case_state_check,
            ADD CHECK (state BETWEEN 1 AND 5);
        CREATE INDEX ix_case_parent ON "case" (parent_case_id) WHERE parent_case_id <> '';
        """
    )
