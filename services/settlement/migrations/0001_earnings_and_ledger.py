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
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
            region_adcode text NOT NULL DEFAULT '',
            outlet_id text NOT NULL DEFAULT '',
            commission_base text NOT NULL DEFAULT 'gross' CHECK (commission_base IN (
                'gross', 'before_tax', 'net_of_parts')),
            excluded_to text NOT NULL DEFAULT '',
            review_required boolean NOT NULL DEFAULT false,
            effective_from date NOT NULL DEFAULT '2000-01-01',
            state text NOT NULL DEFAULT 'proposed' CHECK (state IN (
                'proposed', 'approved', 'rejected')),
            decided_at timestamptz,
            decided_by_person_id text NOT NULL DEFAULT '',
            decision_reason text NOT NULL DEFAULT '',
            PRIMARY KEY (split_rule_code, version),
            CHECK ((commission_base = 'gross') = (excluded_to = '')),
            CHECK ((state = 'proposed') = (decided_by_person_id = '')),
            CHECK ((state = 'proposed') = (decided_at IS NULL)),
            -- What the installation itself puts needs nobody else.
            CONSTRAINT split_rule_four_eyes CHECK (
                decided_by_person_id <> put_by_person_id OR put_by_person_id = 'system')
        );
        CREATE INDEX ix_split_rule_version_in_force
            ON split_rule_version (split_rule_code, effective_from, version)
            WHERE state = 'approved';

        -- A version is decided once; what it says never changes.
        CREATE FUNCTION check_split_rule() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND NEW.state <> 'proposed'
               AND (OLD.split_rule_code, OLD.version, OLD.cooperation_mode, OLD.portions,
                    OLD.put_at, OLD.put_by_person_id, OLD.region_adcode, OLD.outlet_id,
                    OLD.commission_base, OLD.excluded_to, OLD.review_required, OLD.effective_from)
                 = (NEW.split_rule_code, NEW.version, NEW.cooperation_mode, NEW.portions,
                    NEW.put_at, NEW.put_by_person_id, NEW.region_adcode, NEW.outlet_id,
                    NEW.commission_base, NEW.excluded_to, NEW.review_required, NEW.effective_from)
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'split_rule_version is append-only; a version is decided once'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER split_rule_version_frozen BEFORE UPDATE OR DELETE ON split_rule_version
            FOR EACH ROW EXECUTE FUNCTION check_split_rule();
        CREATE TRIGGER split_rule_version_no_truncate BEFORE TRUNCATE ON split_rule_version
            FOR EACH STATEMENT EXECUTE FUNCTION check_split_rule();

        -- The newest version of each rule; one rule a cooperation mode, region and outlet, '' being
        -- any.
        CREATE TABLE split_rule (
            split_rule_code text PRIMARY KEY,
            version integer NOT NULL,
            cooperation_mode text NOT NULL,
            region_adcode text NOT NULL DEFAULT '',
            outlet_id text NOT NULL DEFAULT '',
            UNIQUE (cooperation_mode, region_adcode, outlet_id),
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
            owed_parts bigint[] NOT NULL,
            PRIMARY KEY (split_rule_code, split_rule_version, currency, party_ids),
            FOREIGN KEY (split_rule_code, split_rule_version) REFERENCES split_rule_version,
            CHECK (cardinality(returned_minor) + cardinality(owed_parts) = cardinality(party_ids))
        );
        """
    )


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
            region_adcode text NOT NULL DEFAULT '',
            review_required boolean NOT NULL DEFAULT false,
            reviewed_at timestamptz,
            reviewed_by_person_id text NOT NULL DEFAULT '',
            FOREIGN KEY (split_rule_code, split_rule_version) REFERENCES split_rule_version,
            CHECK ((state = 'paid') = (payout_reference <> '')),
            CHECK ((reviewed_at IS NULL) = (reviewed_by_person_id = '')),
            CHECK (reviewed_by_person_id <> technician_id),
            CONSTRAINT earning_reviewed CHECK (
                NOT review_required OR reviewed_at IS NOT NULL
                OR state NOT IN ('payable', 'paying', 'paid'))
        );
        -- A work order pays a technician once, whatever key the second promise comes with.
        CREATE UNIQUE INDEX earning_once ON earning (work_order_id, technician_id)
            WHERE state NOT IN ('cancelled', 'reversed');
        CREATE INDEX ix_earning_technician ON earning (technician_id, earning_id);
        CREATE INDEX ix_earning_outlet ON earning (outlet_id, earning_id);
        CREATE INDEX ix_earning_case ON earning (case_id, earning_id);
        CREATE INDEX ix_earning_amount ON earning (total_minor, earning_id);
        CREATE INDEX ix_earning_region ON earning (region_adcode COLLATE "C", earning_id);

        CREATE TABLE earning_line (
            earning_id text NOT NULL REFERENCES earning,
            line_number integer NOT NULL CHECK (line_number >= 1),
            line_kind text NOT NULL,
            label text NOT NULL,
            settlement_amount_minor bigint NOT NULL,
            amount_minor bigint NOT NULL,
            rule_id text NOT NULL,
            explanation text NOT NULL,
            -- Of which revision it is; 0: of the promise.
            revision_number integer NOT NULL DEFAULT 0 CHECK (revision_number >= 0),
            PRIMARY KEY (earning_id, line_number)
        );

        CREATE TABLE earning_share (
            earning_id text NOT NULL REFERENCES earning,
            position integer NOT NULL CHECK (position >= 1),
            party_kind text NOT NULL,
            party_id text NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
            -- What of it is dealt by the portions, and which exact amount that answers.
            commission_minor bigint NOT NULL CHECK (commission_minor >= 0),
            exact_parts bigint NOT NULL DEFAULT 0,
            -- The ledger's name of it.
            leg text NOT NULL,
            PRIMARY KEY (earning_id, position),
            UNIQUE (earning_id, leg),
            UNIQUE (earning_id, party_kind, party_id)
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
                split_rule_version, promised_at, region_adcode, review_required OR DELETE
            -- Totals move with the lines of a revision, by a trigger of those.
            ON earning FOR EACH ROW WHEN (pg_trigger_depth() = 0)
            EXECUTE FUNCTION refuse_to_touch_promise();
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
    forbid_changes("earning_change")
