"""What a picture looks like, beside what its bytes are."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE file ADD COLUMN perceptual_hash text NOT NULL DEFAULT ''
            CHECK (perceptual_hash ~ '^([0-9a-f]{16})?$');
        ALTER TABLE file ALTER COLUMN perceptual_hash DROP DEFAULT;
        """
    )
