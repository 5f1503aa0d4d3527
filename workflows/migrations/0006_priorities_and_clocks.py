"""How urgent cases are, and over which time their deadlines of working time reach."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE "case"
            ADD COLUMN priority jsonb,
            ADD COLUMN priorities jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN calendar_code text NOT NULL DEFAULT '',
            ADD COLUMN calendar_version integer NOT NULL DEFAULT 0,
            ADD COLUMN clock_since timestamptz,
            ADD COLUMN clock_next_due_at timestamptz,
            ADD COLUMN clock_until timestamptz;
        -- Whom an edit of a calendar concerns, the next due first, and everybody else after them.
        CREATE INDEX ix_case_clock ON "case" (calendar_code, clock_next_due_at, case_id)
            WHERE calendar_code <> '' AND ended_at IS NULL;
        CREATE INDEX ix_case_calendar ON "case" (calendar_code, case_id)
            WHERE calendar_code <> '' AND ended_at IS NULL;

        ALTER TABLE user_task
            ADD COLUMN priority jsonb,
            ADD COLUMN priority_rank integer NOT NULL DEFAULT 0;
        DROP INDEX ix_user_task_urgency;
        CREATE INDEX ix_user_task_urgency
            ON user_task (priority_rank, due_at, opened_at, workflow_id, user_task_id);
        """
    )
