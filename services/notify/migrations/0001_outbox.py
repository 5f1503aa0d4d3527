"""Templates, the outbox with its ledger of attempts, and where people can be reached."""

from alembic import op

from kit.db.ddl import create_kit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables()
    op.execute(
        """
        CREATE TABLE template (
            template_code text NOT NULL,
            version integer NOT NULL CHECK (version > 0),
            form text NOT NULL CHECK (form IN ('text', 'textcard', 'notice_card')),
            title text NOT NULL,
            body text NOT NULL,
            url text NOT NULL,
            variables jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (template_code, version)
        );

        CREATE TABLE recipient (
            person_id text PRIMARY KEY,
            wecom_userid text NOT NULL,
            applied_sequence bigint NOT NULL
        );

        CREATE TABLE message (
            message_id text PRIMARY KEY,
            template_code text NOT NULL,
            template_version integer NOT NULL,
            form text NOT NULL,
            title text NOT NULL,
            body text NOT NULL,
            url text NOT NULL,
            case_id text NOT NULL,
            queued_at timestamptz NOT NULL,
            FOREIGN KEY (template_code, template_version) REFERENCES template
        );
        CREATE INDEX ix_message_case_id ON message (case_id);

        CREATE TABLE delivery (
            delivery_id text PRIMARY KEY,
            message_id text NOT NULL REFERENCES message,
            recipient_person_id text NOT NULL,
            channel text NOT NULL,
            state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
            urgent boolean NOT NULL,
            queued_at timestamptz NOT NULL,
            sent_at timestamptz,
            next_attempt_at timestamptz,
            last_error text NOT NULL DEFAULT '',
            request_body bytea,
            UNIQUE (message_id, recipient_person_id),
            CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
            CHECK ((state = 'sent') = (sent_at IS NOT NULL))
        );
        CREATE INDEX ix_delivery_outbox ON delivery (urgent DESC, next_attempt_at)
            WHERE state = 'queued';
        CREATE INDEX ix_delivery_recipient ON delivery (recipient_person_id, delivery_id);

        CREATE TABLE delivery_attempt (
            delivery_id text NOT NULL REFERENCES delivery,
            attempt_number integer NOT NULL CHECK (attempt_number > 0),
            wecom_userid text NOT NULL,
            attempted_at timestamptz NOT NULL,
            arrived_by timestamptz NOT NULL,
            outcome text NOT NULL CHECK
                (outcome IN ('sent', 'refused', 'unreachable', 'unclear', 'limited')),
            error_code integer NOT NULL,
            error_message text NOT NULL,
            PRIMARY KEY (delivery_id, attempt_number)
        );
        CREATE INDEX ix_delivery_attempt_member ON delivery_attempt (wecom_userid, arrived_by)
            WHERE outcome IN ('sent', 'unclear');
        """
    )
