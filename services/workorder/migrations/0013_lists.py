"""Lists by an index: overbooked slots and visits on days that are closed by when they begin, part requests
by who asked for them."""

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
        CREATE INDEX ix_part_request_requested_by
            ON part_request (requested_by_person_id, part_request_id DESC);
        """
    )
