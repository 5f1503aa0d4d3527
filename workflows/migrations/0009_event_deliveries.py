"""Which event answered which waiting: an event stays for other cases, and none is told to one twice."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE event_delivery (
            workflow_id text NOT NULL,
            -- What waited, as awaited_event names it: a visit is answered once.
            node text NOT NULL,
            event_id text NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (workflow_id, node)
        );
        CREATE INDEX ix_event_delivery_event ON event_delivery (event_id, workflow_id);
        CREATE INDEX ix_event_delivery_expiry ON event_delivery (expires_at);

        -- What is new is matched at once; all of it, now and then.
        ALTER TABLE awaited_event ADD COLUMN told_at timestamptz NOT NULL DEFAULT now();
        CREATE INDEX ix_awaited_event_told ON awaited_event (told_at);
        ALTER TABLE buffered_event ADD COLUMN buffered_at timestamptz NOT NULL DEFAULT now();
        CREATE INDEX ix_buffered_event_buffered ON buffered_event (buffered_at);
        """
    )
