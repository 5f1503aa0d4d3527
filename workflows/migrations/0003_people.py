"""Who may do what, who signs and stands in for whom, copies, what waiting cost, and hand-overs."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE "case"
            ADD COLUMN allowances jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN withdrawal_node text NOT NULL DEFAULT '';
        CREATE INDEX ix_case_starter
            ON "case" (started_by_person_id, started_at DESC, case_id DESC);

        ALTER TABLE user_task
            ADD COLUMN substitutions jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN delegations jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN signers jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN votes_needed integer NOT NULL DEFAULT 0,
            ADD COLUMN pause jsonb,
            ADD COLUMN allowances jsonb NOT NULL DEFAULT '[]';

        ALTER TABLE act
            ADD COLUMN named_person_ids text[] NOT NULL DEFAULT '{}',
            ADD COLUMN rule text NOT NULL DEFAULT '',
            ADD COLUMN waited jsonb;
        CREATE INDEX ix_act_person ON act (acting_person_id, case_id);
        CREATE INDEX ix_act_copied ON act USING gin (named_person_ids) WHERE verb = 'copy_to';

        -- A leaver's user tasks on their way to somebody else.
        CREATE TABLE hand_over (
            hand_over_id text PRIMARY KEY,
            from_person_id text NOT NULL,
            to_person_id text NOT NULL,
            ordered_by_person_id text NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            handed_over_count integer NOT NULL CHECK (handed_over_count >= 0),
            failures jsonb NOT NULL
        );
        """
    )
