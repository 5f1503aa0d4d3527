"""Files that people upload."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE file (
            file_id text PRIMARY KEY CHECK (file_id ~ '^fl_[0-9a-z]{26}\\.[a-z0-9]{1,8}$'),
            content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
            size_bytes bigint NOT NULL CHECK (size_bytes > 0),
            name text NOT NULL CHECK (name <> ''),
            uploaded_by_person_id text NOT NULL CHECK (uploaded_by_person_id <> ''),
            uploaded_at timestamptz NOT NULL
        );
        CREATE INDEX ix_file_content_hash ON file (content_hash);
        """
    )
