"""Freezes that are for an anomaly of work orders: each anomaly's, until an instant, once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE policy_freeze ADD COLUMN anomaly_id text NOT NULL DEFAULT '';
        CREATE UNIQUE INDEX ux_policy_freeze_anomaly ON policy_freeze (anomaly_id, ends_at)
            WHERE anomaly_id <> '';
        """
    )
