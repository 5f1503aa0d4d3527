"""What is coming is found by when it begins: overbooked slots, and visits on days that are closed."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ix_slot_overbooked ON slot (window_start, territory_code, service_kind)
            WHERE taken > capacity;
        CREATE INDEX ix_slot_reservation_coming ON slot_reservation (window_start)
            WHERE state IN ('held', 'confirmed');
        """
    )
