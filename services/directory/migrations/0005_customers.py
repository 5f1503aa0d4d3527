"""Contacts, tags, consents, merges, timelines and shredding of customers; blind indexes."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _customers()
    _contacts()
    _merges()
    _interactions()
    _privacy()
    forbid_changes("message_consent")
    forbid_changes("customer_lookup")


def _customers() -> None:
    op.execute(
        """
        -- The survivor is the customer itself, or whom it was merged into in the end; so that a
        -- customer with all who were merged into them is found by one equality.
        ALTER TABLE customer
            ADD COLUMN revision bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
            ADD COLUMN parent_customer_id text REFERENCES customer
                CHECK (parent_customer_id <> customer_id),
            ADD COLUMN merged_into_customer_id text REFERENCES customer
                CHECK (merged_into_customer_id <> customer_id),
            ADD COLUMN survivor_customer_id text NOT NULL
                GENERATED ALWAYS AS (coalesce(merged_into_customer_id, customer_id)) STORED;
        CREATE INDEX ix_customer_survivor ON customer (survivor_customer_id);
        CREATE INDEX ix_customer_parent_customer_id ON customer (parent_customer_id);
        CREATE INDEX ix_customer_level ON customer (customer_level, customer_id);

        -- Work orders keep the address that they name: one never changes, it ends and another one
        -- takes its place.
        ALTER TABLE address
            ADD COLUMN ended_at timestamptz,
            ADD COLUMN replaced_by_address_id text REFERENCES address,
            ADD CHECK (replaced_by_address_id IS NULL OR ended_at IS NOT NULL),
            ADD CHECK (replaced_by_address_id <> address_id);
        CREATE INDEX ix_address_adcode_path ON address USING gin (adcode_path);

        -- A keyed hash of what is sealed, to find it by; gone with the key.
        ALTER TABLE personal_data
            ADD COLUMN fingerprint bytea CHECK (octet_length(fingerprint) = 32);
        CREATE INDEX ix_personal_data_fingerprint ON personal_data (kind, fingerprint)
            WHERE fingerprint IS NOT NULL;
        CREATE INDEX ix_personal_data_without_fingerprint ON personal_data (reference)
            WHERE fingerprint IS NULL;

        CREATE TABLE customer_tag (
            customer_id text NOT NULL REFERENCES customer,
            tag text NOT NULL CHECK (tag <> '' AND tag = btrim(tag)),
            tag_source text NOT NULL,
            tagged_at timestamptz NOT NULL,
            tagged_by_person_id text NOT NULL,
            PRIMARY KEY (customer_id, tag)
        );
        CREATE INDEX ix_customer_tag_tag ON customer_tag (tag, customer_id);

        -- Each word of a customer's is a row; the last one about a channel counts.
        CREATE TABLE message_consent (
            consent_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            customer_id text NOT NULL REFERENCES customer,
            message_channel text NOT NULL
                CHECK (message_channel IN ('wecom', 'sms', 'phone', 'email')),
            allowed boolean NOT NULL,
            remark text NOT NULL,
            recorded_at timestamptz NOT NULL,
            recorded_by_person_id text NOT NULL
        );
        CREATE INDEX ix_message_consent_latest
            ON message_consent (customer_id, message_channel, consent_number DESC);
        """
    )


def _contacts() -> None:
    op.execute(
        """
        -- Sealed under the key of the customer where they were first put, wherever else they help.
        CREATE TABLE contact (
            contact_id text PRIMARY KEY,
            customer_id text NOT NULL REFERENCES customer,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL
        );

        CREATE TABLE contact_link (
            contact_id text NOT NULL REFERENCES contact,
            customer_id text NOT NULL REFERENCES customer,
            contact_role text NOT NULL,
            preferred boolean NOT NULL,
            linked_at timestamptz NOT NULL,
            linked_by_person_id text NOT NULL,
            PRIMARY KEY (contact_id, customer_id)
        );
        CREATE INDEX ix_contact_link_customer_id ON contact_link (customer_id);
        CREATE UNIQUE INDEX ux_contact_link_preferred ON contact_link (customer_id)
            WHERE preferred;
        """
    )


def _merges() -> None:
    op.execute(
        """
        CREATE TABLE customer_merge (
            merge_id text PRIMARY KEY,
            survivor_customer_id text NOT NULL REFERENCES customer,
            merged_customer_id text NOT NULL REFERENCES customer
                CHECK (merged_customer_id <> survivor_customer_id),
            reason text NOT NULL CHECK (reason <> ''),
            merged_at timestamptz NOT NULL,
            merged_by_person_id text NOT NULL,
            undone_at timestamptz,
            undone_by_person_id text,
            undo_reason text CHECK (undo_reason <> ''),
            CHECK (num_nulls(undone_at, undone_by_person_id, undo_reason) IN (0, 3))
        );
        CREATE UNIQUE INDEX ux_customer_merge_merged ON customer_merge (merged_customer_id)
            WHERE undone_at IS NULL;
        CREATE INDEX ix_customer_merge_survivor ON customer_merge (survivor_customer_id);

        -- Both are nobody's merged ones when they are merged, so that there are no circles.
        CREATE FUNCTION refuse_merge_into_merged() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM customer_merge
                        WHERE merged_customer_id = NEW.survivor_customer_id
                          AND undone_at IS NULL) THEN
                RAISE EXCEPTION 'customer % was merged itself', NEW.survivor_customer_id
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER customer_merge_into_survivor BEFORE INSERT ON customer_merge
            FOR EACH ROW EXECUTE FUNCTION refuse_merge_into_merged();

        -- Somebody looked: these two are not the same.
        CREATE TABLE distinct_customers (
            first_customer_id text NOT NULL REFERENCES customer,
            second_customer_id text NOT NULL REFERENCES customer,
            reason text NOT NULL,
            dismissed_at timestamptz NOT NULL,
            dismissed_by_person_id text NOT NULL,
            PRIMARY KEY (first_customer_id, second_customer_id),
            CHECK (first_customer_id < second_customer_id)
        );
        """
    )


def _interactions() -> None:
    op.execute(
        """
        -- What happened with a customer, whoever tells of it. No reference to customer: events of
        -- others may name one whom the directory does not know.
        CREATE TABLE interaction (
            interaction_id text PRIMARY KEY,
            customer_id text NOT NULL CHECK (customer_id <> ''),
            interaction_kind text NOT NULL CHECK (interaction_kind IN (
                'case', 'work_order', 'message', 'call', 'purchase', 'complaint', 'rating', 'note'
            )),
            occurred_at timestamptz NOT NULL,
            source text NOT NULL CHECK (source <> ''),
            source_id text NOT NULL CHECK (source_id <> ''),
            source_revision bigint NOT NULL CHECK (source_revision >= 0),
            title text NOT NULL CHECK (title <> ''),
            title_en text NOT NULL,
            subject text NOT NULL,
            progress text NOT NULL,
            is_open boolean NOT NULL,
            office_only boolean NOT NULL,
            rating smallint CHECK (rating BETWEEN 1 AND 5),
            currency text,
            amount_minor bigint,
            case_id text NOT NULL,
            work_order_id text NOT NULL,
            sealed_details bytea,
            recorded_at timestamptz NOT NULL,
            recorded_by_person_id text NOT NULL,
            UNIQUE (source, source_id),
            CHECK (num_nulls(currency, amount_minor) IN (0, 2))
        );
        CREATE INDEX ix_interaction_timeline
            ON interaction (customer_id, occurred_at DESC, interaction_id DESC);
        """
    )


def _privacy() -> None:
    op.execute(
        """
        ALTER TABLE personal_data_reveal
            ADD COLUMN shown_until timestamptz CHECK (shown_until > revealed_at);
        CREATE INDEX ix_personal_data_reveal_reference ON personal_data_reveal (reference);

        -- Who asked whose a number is; the number itself is not kept.
        CREATE TABLE customer_lookup (
            lookup_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person_id text NOT NULL CHECK (person_id <> ''),
            fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
            purpose text NOT NULL CHECK (purpose <> ''),
            found_customer_ids text[] NOT NULL,
            looked_up_at timestamptz NOT NULL
        );

        -- The telephone company rings at the holder's number when the virtual one is dialled.
        CREATE TABLE virtual_number_binding (
            binding_id text PRIMARY KEY,
            virtual_number text NOT NULL CHECK (virtual_number <> ''),
            customer_id text NOT NULL REFERENCES customer,
            contact_id text REFERENCES contact,
            work_order_id text NOT NULL,
            person_id text NOT NULL CHECK (person_id <> ''),
            bound_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at > bound_at),
            released_at timestamptz
        );
        CREATE INDEX ix_virtual_number_binding_customer
            ON virtual_number_binding (customer_id, binding_id DESC);

        -- Asked for by one person, done or refused by another.
        CREATE TABLE shredding (
            shredding_id text PRIMARY KEY,
            customer_id text NOT NULL REFERENCES customer,
            reason text NOT NULL CHECK (reason <> ''),
            requested_at timestamptz NOT NULL,
            requested_by_person_id text NOT NULL,
            decision text CHECK (decision IN ('shredded', 'refused')),
            decided_at timestamptz,
            decided_by_person_id text,
            decision_reason text NOT NULL,
            CHECK (num_nulls(decision, decided_at, decided_by_person_id) IN (0, 3)),
            CHECK (decision <> 'shredded' OR decided_by_person_id <> requested_by_person_id)
        );
        CREATE UNIQUE INDEX ux_shredding_open ON shredding (customer_id)
            WHERE decision IS NULL;
        """
    )
