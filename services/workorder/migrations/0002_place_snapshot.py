"""As of when the place of work was resolved, and what was known of it then."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE work_order
            ADD COLUMN place_resolved_at timestamptz,
            ADD COLUMN zones_known boolean NOT NULL DEFAULT false,
            ADD COLUMN former_adcode text NOT NULL DEFAULT '';
        ALTER TABLE work_order
            ALTER COLUMN zones_known DROP DEFAULT,
            ALTER COLUMN former_adcode DROP DEFAULT;
        """
    )
