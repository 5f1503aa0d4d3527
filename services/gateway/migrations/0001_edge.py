"""Sessions, accounts, tokens, who played whom, and the callback inbox."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE local_account (
            login_name text PRIMARY KEY CHECK (login_name ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
            person_id text NOT NULL CHECK (person_id <> ''),
            password_hash text NOT NULL,
            failed_attempts integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
            locked_until timestamptz,
            changed_at timestamptz NOT NULL,
            changed_by_person_id text NOT NULL
        );

        CREATE TABLE session (
            token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
            person_id text NOT NULL CHECK (person_id <> ''),
            login_kind text NOT NULL CHECK (login_kind IN ('password', 'played')),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
        );
        CREATE INDEX ix_session_expires_at ON session (expires_at);

        CREATE TABLE api_token (
            token_id text PRIMARY KEY,
            token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
            person_id text NOT NULL CHECK (person_id <> ''),
            label text NOT NULL CHECK (label <> ''),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
            revoked_at timestamptz
        );
        CREATE INDEX ix_api_token_person_id ON api_token (person_id, created_at);

        CREATE TABLE played_role (
            played_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person_id text NOT NULL,
            request_id text NOT NULL,
            http_method text NOT NULL,
            path text NOT NULL,
            played_at timestamptz NOT NULL
        );

        CREATE TABLE callback_inbox (
            callback_id text PRIMARY KEY,
            channel text NOT NULL CHECK (channel IN ('wecom')),
            content_hash bytea NOT NULL UNIQUE CHECK (octet_length(content_hash) = 32),
            agentid bigint NOT NULL,
            event text NOT NULL,
            plaintext text NOT NULL,
            received_at timestamptz NOT NULL,
            handled_at timestamptz
        );
        CREATE INDEX ix_callback_inbox_unhandled ON callback_inbox (received_at)
            WHERE handled_at IS NULL;
        """
    )
    forbid_changes("played_role")
