"""The DDL that every service's first migration shares; migrations never import tables."""

from __future__ import annotations

from alembic import op


def create_kit_tables() -> None:
    """Create ``idempotency_key`` and an append-only ``domain_event`` in the migrated schema."""
    op.execute(
        """
        CREATE TABLE idempotency_key (
            idempotency_key text PRIMARY KEY,
            method text NOT NULL,
            request_hash bytea NOT NULL,
            response bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (created_at);

        CREATE TABLE domain_event (
            event_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
            event_id text NOT NULL UNIQUE,
            aggregate_type text NOT NULL,
            aggregate_id text NOT NULL,
            aggregate_sequence bigint NOT NULL,
            occurred_at timestamptz NOT NULL,
            case_id text NOT NULL,
            acting_person_id text NOT NULL,
            payload_type text NOT NULL,
            payload bytea NOT NULL,
            UNIQUE (aggregate_type, aggregate_id, aggregate_sequence)
        );
        CREATE INDEX ix_domain_event_reading ON domain_event (transaction_id, event_number);
        """
    )
    forbid_changes("domain_event")


def forbid_changes(table: str) -> None:
    """Make a table append-only: UPDATE, DELETE and TRUNCATE are refused by the database."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """
    )
