"""Who had payloads decrypted."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE payload_reveal (
            reveal_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person_id text NOT NULL CHECK (person_id <> ''),
            played boolean NOT NULL,
            request_id text NOT NULL,
            temporal_namespace text NOT NULL,
            payload_count integer NOT NULL CHECK (payload_count > 0),
            key_ids text[] NOT NULL,
            case_ids text[] NOT NULL,
            revealed_at timestamptz NOT NULL
        );
        CREATE INDEX ix_payload_reveal_person ON payload_reveal (person_id, revealed_at);
        CREATE INDEX ix_payload_reveal_case ON payload_reveal USING gin (case_ids);
        """
    )
    forbid_changes("payload_reveal")
