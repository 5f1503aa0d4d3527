"""Drafts of flows: one a flow, any text, with the verdict of its last check."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE flow_draft (
            flow_code text PRIMARY KEY CHECK (flow_code ~ '^[a-z][a-z0-9_]{0,47}$'),
            revision integer NOT NULL CHECK (revision > 0),
            checked boolean NOT NULL,
            source text NOT NULL,
            base_version integer NOT NULL CHECK (base_version >= 0),
            saved_at timestamptz NOT NULL,
            saved_by_person_id text NOT NULL
        );
        """
    )
