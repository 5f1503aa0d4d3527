"""Cases on their way to another version of their flow."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE migration (
            migration_id text PRIMARY KEY,
            flow_code text NOT NULL,
            from_version integer NOT NULL,
            to_version integer NOT NULL,
            dry_run boolean NOT NULL,
            choices jsonb NOT NULL,
            reason text NOT NULL,
            ordered_by_person_id text NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            case_count integer NOT NULL CHECK (case_count >= 0)
        );

        -- What became of one case; its first reason stands by itself, to be counted.
        CREATE TABLE case_migration (
            migration_id text NOT NULL REFERENCES migration ON DELETE CASCADE,
            case_id text NOT NULL,
            title text NOT NULL,
            flow_version integer NOT NULL,
            outcome text NOT NULL,
            code text NOT NULL,
            node text NOT NULL,
            words text NOT NULL,
            words_en text NOT NULL,
            findings jsonb NOT NULL,
            questions jsonb NOT NULL,
            PRIMARY KEY (migration_id, case_id)
        );
        """
    )
