"""Split rules and contracts, earnings with their frozen promises, and the double-entry ledger."""

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
    _create_ledger()
    _make_every_insert_a_sound_posting()


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


def _create_ledger() -> None:
    op.execute(
        """
        CREATE TABLE ledger_account (
            ledger_account text NOT NULL,
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            party_kind text NOT NULL,
            party_id text NOT NULL,
            account_kind text NOT NULL,
            PRIMARY KEY (ledger_account, currency)
        );

        CREATE TABLE ledger_balance (
            ledger_account text NOT NULL,
            currency text NOT NULL,
            posted_minor bigint NOT NULL DEFAULT 0,
            pending_debit_minor bigint NOT NULL DEFAULT 0 CHECK (pending_debit_minor >= 0),
            pending_credit_minor bigint NOT NULL DEFAULT 0 CHECK (pending_credit_minor >= 0),
            PRIMARY KEY (ledger_account, currency),
            FOREIGN KEY (ledger_account, currency) REFERENCES ledger_account,
            -- Nobody gives what they do not have, but the account all money comes from.
            CONSTRAINT ledger_balance_not_overdrawn CHECK (
                ledger_account = 'platform:clearing' OR posted_minor >= pending_debit_minor)
        );

        -- One row moves one amount from one account to another, in one currency: balanced by
        -- construction. A pending row is resolved once, by a posted or a voided one; a posted row
        -- is undone once, by a reversal.
        CREATE TABLE ledger_transfer (
            transfer_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            debit_ledger_account text NOT NULL,
            credit_ledger_account text NOT NULL,
            currency text NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            state text NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
            transfer_kind text NOT NULL CHECK (transfer_kind IN ('earning', 'payout', 'reversal')),
            earning_id text NOT NULL REFERENCES earning,
            leg text NOT NULL,
            refers_to_transfer_number bigint UNIQUE REFERENCES ledger_transfer,
            recorded_at timestamptz NOT NULL,
            memo text NOT NULL DEFAULT '',
            FOREIGN KEY (debit_ledger_account, currency) REFERENCES ledger_account,
            FOREIGN KEY (credit_ledger_account, currency) REFERENCES ledger_account,
            CHECK (debit_ledger_account <> credit_ledger_account),
            CHECK ((state = 'pending') = (refers_to_transfer_number IS NULL)),
            CHECK (transfer_kind <> 'reversal' OR state = 'posted'),
            -- An earning is held, posted, voided, paid and reversed at most once.
            CONSTRAINT ledger_transfer_once UNIQUE (earning_id, leg, transfer_kind, state)
        );
        CREATE INDEX ix_ledger_transfer_debit
            ON ledger_transfer (debit_ledger_account, transfer_number);
        CREATE INDEX ix_ledger_transfer_credit
            ON ledger_transfer (credit_ledger_account, transfer_number);

        -- One posting: a run of transfers, sealed with the one before it.
        CREATE TABLE ledger_block (
            block_number bigint PRIMARY KEY CHECK (block_number >= 1),
            first_transfer_number bigint NOT NULL,
            last_transfer_number bigint NOT NULL UNIQUE,
            previous_hash bytea NOT NULL UNIQUE,
            block_hash bytea NOT NULL UNIQUE,
            CHECK (first_transfer_number <= last_transfer_number)
        );

        -- What each transfer does to the balances of its two accounts.
        CREATE VIEW ledger_movement AS
        SELECT t.transfer_number, a.ledger_account, t.currency,
               CASE WHEN t.state = 'posted' THEN a.sign * t.amount_minor ELSE 0 END AS posted_minor,
               CASE WHEN a.sign < 0 THEN held.delta ELSE 0 END AS pending_debit_minor,
               CASE WHEN a.sign > 0 THEN held.delta ELSE 0 END AS pending_credit_minor
          FROM ledger_transfer t,
               LATERAL (VALUES (t.debit_ledger_account, -1), (t.credit_ledger_account, 1))
                   AS a (ledger_account, sign),
               LATERAL (SELECT CASE WHEN t.state = 'pending' THEN t.amount_minor
                                    WHEN t.transfer_kind = 'reversal' THEN 0
                                    ELSE -t.amount_minor END) AS held (delta);

        -- Transfers that do not truly resolve or reverse the one they refer to.
        CREATE VIEW ledger_unsound_reference AS
        SELECT t.transfer_number
          FROM ledger_transfer t
          LEFT JOIN ledger_transfer o ON o.transfer_number = t.refers_to_transfer_number
         WHERE t.refers_to_transfer_number IS NOT NULL
           AND (o.transfer_number < t.transfer_number AND o.currency = t.currency
                AND o.amount_minor = t.amount_minor AND o.earning_id = t.earning_id
                AND o.leg = t.leg
                AND CASE WHEN t.transfer_kind = 'reversal'
                         THEN o.state = 'posted' AND o.transfer_kind = 'earning'
                              AND o.debit_ledger_account = t.credit_ledger_account
                              AND o.credit_ledger_account = t.debit_ledger_account
                         ELSE o.state = 'pending' AND o.transfer_kind = t.transfer_kind
                              AND o.debit_ledger_account = t.debit_ledger_account
                              AND o.credit_ledger_account = t.credit_ledger_account
                    END) IS NOT TRUE;

        -- The seal of a run of transfers: sha256 over the seal before it and, a line each, their
        -- values as a JSON array.
        CREATE FUNCTION ledger_seal(previous_hash bytea, first_number bigint, last_number bigint)
        RETURNS bytea LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
            SELECT sha256(previous_hash || convert_to(coalesce(string_agg(
                jsonb_build_array(
                    t.transfer_number, t.debit_ledger_account, t.credit_ledger_account, t.currency,
                    t.amount_minor, t.state, t.transfer_kind, t.earning_id, t.leg,
                    t.refers_to_transfer_number,
                    (extract(epoch FROM t.recorded_at) * 1000000)::bigint, t.memo
                )::text, E'\\n' ORDER BY t.transfer_number), ''), 'UTF8'))
              FROM ledger_transfer t
             WHERE t.transfer_number BETWEEN first_number AND last_number
        $$;
        """
    )
    for table in ("ledger_account", "ledger_transfer", "ledger_block"):
        forbid_changes(table)


def _make_every_insert_a_sound_posting() -> None:
    # Whoever inserts, by whatever path: the references are checked, the balances move and the
    # block is sealed in the same statement, one posting after the other.
    op.execute(
        """
        CREATE FUNCTION ledger_open_balance() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            INSERT INTO ledger_balance (ledger_account, currency)
            VALUES (NEW.ledger_account, NEW.currency);
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_account_opened AFTER INSERT ON ledger_account
            FOR EACH ROW EXECUTE FUNCTION ledger_open_balance();

        CREATE FUNCTION ledger_take_turn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('settlement'), hashtext('ledger'));
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_transfer_turn BEFORE INSERT ON ledger_transfer
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_take_turn();

        CREATE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        DECLARE
            first_number bigint;
            last_number bigint;
            head ledger_block;
        BEGIN
            SELECT min(transfer_number), max(transfer_number)
              INTO first_number, last_number FROM new_transfer;
            IF first_number IS NULL THEN
                RETURN NULL;
            END IF;
            SELECT * INTO head FROM ledger_block ORDER BY block_number DESC LIMIT 1;

            IF first_number <= coalesce(head.last_transfer_number, 0) OR EXISTS (
                SELECT FROM ledger_unsound_reference
                 WHERE transfer_number BETWEEN first_number AND last_number
            ) THEN
                RAISE EXCEPTION 'a transfer does not resolve or reverse what it refers to'
                    USING ERRCODE = 'check_violation';
            END IF;

            UPDATE ledger_balance b
               SET posted_minor = b.posted_minor + m.posted_minor,
                   pending_debit_minor = b.pending_debit_minor + m.pending_debit_minor,
                   pending_credit_minor = b.pending_credit_minor + m.pending_credit_minor
              FROM (SELECT ledger_account, currency, sum(posted_minor) AS posted_minor,
                           sum(pending_debit_minor) AS pending_debit_minor,
                           sum(pending_credit_minor) AS pending_credit_minor
                      FROM ledger_movement
                     WHERE transfer_number BETWEEN first_number AND last_number
                     GROUP BY ledger_account, currency) m
             WHERE b.ledger_account = m.ledger_account AND b.currency = m.currency;

            INSERT INTO ledger_block (block_number, first_transfer_number, last_transfer_number,
                                      previous_hash, block_hash)
            SELECT coalesce(head.block_number, 0) + 1, first_number, last_number, previous.hash,
                   ledger_seal(previous.hash, first_number, last_number)
              FROM (SELECT coalesce(head.block_hash, '') AS hash) AS previous;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_transfer_posted AFTER INSERT ON ledger_transfer
            REFERENCING NEW TABLE AS new_transfer
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_post();
        """
    )
