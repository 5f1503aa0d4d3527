"""Plans of a day: what was asked, what was proposed, what a dispatcher accepted."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
