"""Split rules and contracts, and earnings with their frozen promises."""

from alembic import op

from kit.db.ddl import create_kit_tables, forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_kit_tables()
    _create_split_rules()
    _create_earnings()


def _create_split_rules() -> None:
    op.execute(
        """
        CREATE TABLE split_rule_version (
            split_rule_code text NOT NULL CHECK (split_rule_code <> ''),
            version integer NOT NULL CHECK (version >= 1),
            cooperation_mode text NOT NULL,
            portions jsonb NOT NULL,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL,
            PRIMARY KEY (split_rule_code, version)
        );

        -- The newest version of each rule; one rule a cooperation mode, '' being the default.
        CREATE TABLE split_rule (
            split_rule_code text PRIMARY KEY,
            version integer NOT NULL,
            cooperation_mode text NOT NULL UNIQUE,
            FOREIGN KEY (split_rule_code, version) REFERENCES split_rule_version
        );

        -- What recurring splits of one rule version between the same parties remember.
        CREATE TABLE split_contract (
            split_rule_code text NOT NULL,
            split_rule_version integer NOT NULL,
            currency text NOT NULL,
            party_ids text[] NOT NULL,
            dealt bigint NOT NULL CHECK (dealt >= 0),
            returned_minor bigint[] NOT NULL CHECK (0 <= ALL (returned_minor)),
            PRIMARY KEY (split_rule_code, split_rule_version, currency, party_ids),
            FOREIGN KEY (split_rule_code, split_rule_version) REFERENCES split_rule_version,
            CHECK (cardinality(returned_minor) = cardinality(party_ids))
        );
        """
    )
    forbid_changes("split_rule_version")


def _create_earnings() -> None:
    op.execute(
        """
        CREATE TABLE earning (
            earning_id text PRIMARY KEY,
            revision bigint NOT NULL CHECK (revision >= 1),
            state text NOT NULL CHECK (state IN (
                'estimated', 'locked', 'payable', 'paying', 'paid', 'cancelled', 'reversed')),
            payout_reference text NOT NULL DEFAULT '',
            case_id text NOT NULL,
            work_order_id text NOT NULL CHECK (work_order_id <> ''),
            technician_id text NOT NULL CHECK (technician_id <> ''),
            outlet_id text NOT NULL,
            cooperation_mode text NOT NULL,
            quote_id text NOT NULL,
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            settlement_total_minor bigint NOT NULL CHECK (settlement_total_minor >= 0),
            total_minor bigint NOT NULL CHECK (total_minor BETWEEN 0 AND settlement_total_minor),
            split_rule_code text NOT NULL,
            split_rule_version integer NOT NULL,
            promised_at timestamptz NOT NULL,
            FOREIGN KEY (split_rule_code, split_rule_version) REFERENCES split_rule_version,
            CHECK ((state = 'paid') = (payout_reference <> ''))
        );
        -- A work order pays a technician once, whatever key the second promise comes with.
        CREATE UNIQUE INDEX earning_once ON earning (work_order_id, technician_id)
            WHERE state NOT IN ('cancelled', 'reversed');
        CREATE INDEX ix_earning_technician ON earning (technician_id, earning_id);
        CREATE INDEX ix_earning_outlet ON earning (outlet_id, earning_id);
        CREATE INDEX ix_earning_case ON earning (case_id, earning_id);

        CREATE TABLE earning_line (
            earning_id text NOT NULL REFERENCES earning,
            line_number integer NOT NULL CHECK (line_number >= 1),
            line_kind text NOT NULL,
            label text NOT NULL,
            settlement_amount_minor bigint NOT NULL,
            amount_minor bigint NOT NULL,
            rule_id text NOT NULL,
            share_basis_points integer NOT NULL,
            explanation text NOT NULL,
            PRIMARY KEY (earning_id, line_number)
        );

        CREATE TABLE earning_share (
            earning_id text NOT NULL REFERENCES earning,
            position integer NOT NULL CHECK (position >= 1),
            party_kind text NOT NULL,
            party_id text NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
            PRIMARY KEY (earning_id, position),
            UNIQUE (earning_id, party_kind)
        );

        CREATE TABLE earning_change (
            earning_id text NOT NULL REFERENCES earning,
            revision bigint NOT NULL,
            changed_at timestamptz NOT NULL,
            previous_state text NOT NULL,
            new_state text NOT NULL,
            reason text NOT NULL CHECK (reason <> ''),
            acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
            PRIMARY KEY (earning_id, revision)
        );

        CREATE FUNCTION refuse_to_touch_promise() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what an earning promises is frozen; only its state moves'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER earning_frozen BEFORE UPDATE OF
                earning_id, case_id, work_order_id, technician_id, outlet_id, cooperation_mode,
                quote_id, currency, settlement_total_minor, total_minor, split_rule_code,
                split_rule_version, promised_at OR DELETE
            ON earning FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_promise();
        CREATE TRIGGER earning_no_truncate BEFORE TRUNCATE ON earning
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_promise();

        -- Lines sum to the technician's total and shares to the whole, by the end of the
        -- transaction that promised them and of any that would add to them.
        CREATE FUNCTION check_promise_sums() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM earning e WHERE e.earning_id = NEW.earning_id
                 AND e.total_minor = (SELECT sum(l.amount_minor) FROM earning_line l
                                       WHERE l.earning_id = e.earning_id)
                 AND e.settlement_total_minor = (SELECT sum(l.settlement_amount_minor)
                                       FROM earning_line l WHERE l.earning_id = e.earning_id)
                 AND e.settlement_total_minor = (SELECT sum(s.amount_minor) FROM earning_share s
                                       WHERE s.earning_id = e.earning_id)
            ) THEN
                RAISE EXCEPTION 'lines or shares of earning % do not sum to its totals',
                    NEW.earning_id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER earning_sums AFTER INSERT ON earning
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_promise_sums();
        CREATE CONSTRAINT TRIGGER earning_line_sums AFTER INSERT ON earning_line
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_promise_sums();
        CREATE CONSTRAINT TRIGGER earning_share_sums AFTER INSERT ON earning_share
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_promise_sums();
        """
    )
    forbid_changes("earning_line")
    forbid_changes("earning_share")
    forbid_changes("earning_change")
