"""Anomalies: rules in versions, what they raised, and what came of it."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
