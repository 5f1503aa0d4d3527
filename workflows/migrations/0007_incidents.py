"""Incidents of cases, open and resolved."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE incident (
            workflow_id text NOT NULL,
            incident_id text NOT NULL,
            raised_at timestamptz NOT NULL,
            case_id text NOT NULL,
            flow_code text NOT NULL,
            node text NOT NULL,
            node_title text NOT NULL,
            trouble text NOT NULL,
            reason text NOT NULL,
            message text NOT NULL,
            verbs text[] NOT NULL,
            request jsonb NOT NULL,
            resolved_at timestamptz,
            resolved_by_person_id text NOT NULL DEFAULT '',
            resolved_with_verb text NOT NULL DEFAULT '',
            comment text NOT NULL DEFAULT '',
            PRIMARY KEY (workflow_id, incident_id, raised_at)
        );
        CREATE INDEX ix_incident_open
            ON incident (raised_at DESC, workflow_id, incident_id) WHERE resolved_at IS NULL;
        CREATE INDEX ix_incident_reason
            ON incident (flow_code, reason, raised_at) WHERE resolved_at IS NULL;
        CREATE INDEX ix_incident_resolved
            ON incident (raised_at DESC, workflow_id, incident_id) WHERE resolved_at IS NOT NULL;
        CREATE INDEX ix_incident_case ON incident (case_id);
        """
    )
