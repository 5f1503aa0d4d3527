"""Statements: what an earner's account did in a period, frozen; confirmed or disputed by whom it concerns.

A statement is inserted with its lines in one SQL statement, and that closes its period in the ledger:
nothing comes to count for it afterwards, so its items need no mark of their own.
"""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE settlement_cycle (
    region_adcode text COLLATE "C" NOT NULL CHECK (region_adcode ~ '^([0-9]{6})?$'),
    outlet_id text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    cycle_kind text NOT NULL CHECK (cycle_kind IN ('weekly', 'half_month', 'monthly', 't_plus')),
    delay_days integer NOT NULL
        CHECK (CASE cycle_kind WHEN 't_plus' THEN delay_days BETWEEN 1 AND 60
                               ELSE delay_days = 0 END),
    from_day date NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    PRIMARY KEY (region_adcode, outlet_id, version),
    CHECK (region_adcode = '' OR outlet_id = '')
);
-- Where nobody says otherwise.
INSERT INTO settlement_cycle VALUES ('', '', 1, 'monthly', 0, '1970-01-01', now(), 'system');

-- Accounts that statements are made of, and whose they are: a technician's outlet and region are those
-- of the newest earning.
CREATE VIEW settlement_statement_account AS
SELECT a.account_number, a.party_kind, a.party_id, a.currency,
       coalesce(CASE WHEN a.party_kind = 'outlet' THEN a.party_id END,
                t.outlet_id, '') AS outlet_id,
       coalesce(t.region_adcode, o.region_adcode, '') AS region_adcode
  FROM ledger_account a
  LEFT JOIN LATERAL (SELECT outlet_id, region_adcode FROM earning
                      WHERE a.party_kind = 'technician' AND technician_id = a.party_id
                      ORDER BY earning_id DESC LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT region_adcode FROM earning
                      WHERE a.party_kind = 'outlet' AND outlet_id = a.party_id
                      ORDER BY earning_id DESC LIMIT 1) o ON true
 WHERE a.account_kind = 'earning';

CREATE TABLE settlement_statement (
    statement_id text COLLATE "C" PRIMARY KEY CHECK (statement_id ~ '^st_'),
    account_number bigint NOT NULL REFERENCES ledger_account,
    party_kind text COLLATE "C" NOT NULL,
    party_id text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    outlet_id text COLLATE "C" NOT NULL,
    region_adcode text COLLATE "C" NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    watermark_transfer_number bigint NOT NULL CHECK (watermark_transfer_number >= 0),
    previous_statement_id text COLLATE "C",
    opening_minor bigint NOT NULL,
    credit_minor bigint NOT NULL CHECK (credit_minor >= 0),
    debit_minor bigint NOT NULL CHECK (debit_minor >= 0),
    closing_minor bigint NOT NULL,
    item_count bigint NOT NULL CHECK (item_count >= 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    closed_at timestamptz NOT NULL,
    closed_by_person_id text NOT NULL CHECK (closed_by_person_id <> ''),
    CHECK (period_start < period_end),
    -- A period that is not over is not closed.
    CHECK (period_end <= closed_at),
    CONSTRAINT settlement_statement_sums
        CHECK (opening_minor + credit_minor - debit_minor = closing_minor),
    -- Each goes on where the one before it ended, in time and in money; each account has one first.
    UNIQUE (account_number, period_end),
    UNIQUE (statement_id, account_number, period_end, closing_minor),
    CONSTRAINT settlement_statement_goes_on
        FOREIGN KEY (previous_statement_id, account_number, period_start, opening_minor)
        REFERENCES settlement_statement (statement_id, account_number, period_end, closing_minor),
    CONSTRAINT settlement_statement_followed_once UNIQUE (previous_statement_id),
    CHECK (previous_statement_id IS NOT NULL OR opening_minor = 0)
);
CREATE UNIQUE INDEX settlement_statement_first ON settlement_statement (account_number)
    WHERE previous_statement_id IS NULL;
CREATE INDEX ix_settlement_statement_party ON settlement_statement (party_id, statement_id);
CREATE INDEX ix_settlement_statement_outlet ON settlement_statement (outlet_id, statement_id);

CREATE TABLE settlement_statement_line (
    statement_id text COLLATE "C" NOT NULL REFERENCES settlement_statement,
    line_kind text COLLATE "C" NOT NULL,
    item_count bigint NOT NULL CHECK (item_count > 0),
    credit_minor bigint NOT NULL CHECK (credit_minor >= 0),
    debit_minor bigint NOT NULL CHECK (debit_minor >= 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (statement_id, line_kind)
);

-- A statement's seal: over what it goes on from, what it comes to and the seals of its lines.
CREATE FUNCTION settlement_statement_seal(previous bytea, head text, lines bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(coalesce(previous, '') || sha256(convert_to(head, 'UTF8')) || coalesce(lines, ''))
$$;

CREATE FUNCTION check_statement_lines() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT statement_id FROM new_row) n
          JOIN settlement_statement s USING (statement_id)
          LEFT JOIN (SELECT statement_id, sum(credit_minor) AS credit, sum(debit_minor) AS debit,
                            sum(item_count) AS items
                       FROM settlement_statement_line
                      WHERE statement_id IN (SELECT statement_id FROM new_row)
                      GROUP BY statement_id) l USING (statement_id)
         WHERE s.credit_minor <> coalesce(l.credit, 0) OR s.debit_minor <> coalesce(l.debit, 0)
            OR s.item_count <> coalesce(l.items, 0)
    ) THEN
        RAISE EXCEPTION 'a statement does not come to the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_statement_lines';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_statement_comes_to AFTER INSERT ON settlement_statement
    REFERENCING NEW TABLE AS new_row
    FOR EACH STATEMENT EXECUTE FUNCTION check_statement_lines();
CREATE TRIGGER settlement_statement_line_comes_to AFTER INSERT ON settlement_statement_line
    REFERENCING NEW TABLE AS new_row
    FOR EACH STATEMENT EXECUTE FUNCTION check_statement_lines();

-- What has its statement is closed: the ledger refuses what would count for it.
CREATE FUNCTION close_statement_periods() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO ledger_closed_period
           (account_number, period_end, watermark_transfer_number, closed_at)
    SELECT account_number, period_end, watermark_transfer_number, closed_at FROM new_row
     ORDER BY account_number;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_statement_closes AFTER INSERT ON settlement_statement
    REFERENCING NEW TABLE AS new_row
    FOR EACH STATEMENT EXECUTE FUNCTION close_statement_periods();

-- What became of a statement, step by step; frozen before the first one.
CREATE TABLE settlement_statement_step (
    statement_id text COLLATE "C" NOT NULL REFERENCES settlement_statement,
    step_number integer NOT NULL CHECK (step_number >= 1),
    previous_state text NOT NULL,
    new_state text NOT NULL,
    stepped_at timestamptz NOT NULL,
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    comment text NOT NULL DEFAULT '',
    PRIMARY KEY (statement_id, step_number),
    CHECK ((previous_state, new_state) IN (
        ('frozen', 'confirmed'), ('frozen', 'disputed'), ('disputed', 'confirmed'),
        ('confirmed', 'settled')))
);
CREATE FUNCTION check_statement_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    before settlement_statement_step;
BEGIN
    SELECT * INTO before FROM settlement_statement_step
     WHERE statement_id = NEW.statement_id ORDER BY step_number DESC LIMIT 1;
    IF NEW.step_number <> coalesce(before.step_number, 0) + 1
       OR NEW.previous_state <> coalesce(before.new_state, 'frozen') THEN
        RAISE EXCEPTION 'step % does not follow', NEW.step_number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.new_state = 'confirmed' AND EXISTS (
        SELECT FROM settlement_dispute d LEFT JOIN settlement_dispute_outcome o USING (dispute_id)
         WHERE d.statement_id = NEW.statement_id AND o.dispute_id IS NULL
    ) THEN
        RAISE EXCEPTION 'a dispute of it is open' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_statement_step_follows BEFORE INSERT ON settlement_statement_step
    FOR EACH ROW EXECUTE FUNCTION check_statement_step();

-- One item of one statement is disputed once.
CREATE TABLE settlement_dispute (
    dispute_id text COLLATE "C" PRIMARY KEY CHECK (dispute_id ~ '^dp_'),
    statement_id text COLLATE "C" NOT NULL REFERENCES settlement_statement,
    transfer_number bigint NOT NULL REFERENCES ledger_transfer,
    reason text NOT NULL CHECK (reason <> ''),
    -- Frozen as it was when the dispute was raised.
    evidence jsonb NOT NULL,
    evidence_sha256 bytea NOT NULL CHECK (length(evidence_sha256) = 32),
    due_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    raised_by_person_id text NOT NULL CHECK (raised_by_person_id <> ''),
    UNIQUE (statement_id, transfer_number),
    UNIQUE (dispute_id, raised_by_person_id),
    CHECK (due_at > raised_at)
);
CREATE INDEX ix_settlement_dispute_due ON settlement_dispute (due_at);
CREATE FUNCTION check_dispute_item() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM settlement_statement s
          LEFT JOIN settlement_statement p ON p.statement_id = s.previous_statement_id
          JOIN ledger_transfer t ON t.transfer_number = NEW.transfer_number
         WHERE s.statement_id = NEW.statement_id AND t.state = 'posted'
           AND s.account_number IN (t.debit_account_number, t.credit_account_number)
           AND t.effective_at < s.period_end
           AND t.transfer_number <= s.watermark_transfer_number
           AND t.effective_at >= coalesce(p.period_end, '-infinity')
    ) THEN
        RAISE EXCEPTION 'transfer % is no item of %', NEW.transfer_number, NEW.statement_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_dispute_item';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_dispute_of_item BEFORE INSERT ON settlement_dispute
    FOR EACH ROW EXECUTE FUNCTION check_dispute_item();

-- Decided once, by somebody else than raised it; a correction is an adjustment.
CREATE TABLE settlement_dispute_outcome (
    dispute_id text COLLATE "C" PRIMARY KEY,
    raised_by_person_id text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('upheld', 'dismissed')),
    explanation text NOT NULL CHECK (explanation <> ''),
    adjustment_id text COLLATE "C" REFERENCES adjustment,
    decided_at timestamptz NOT NULL,
    decided_by_person_id text NOT NULL CHECK (decided_by_person_id <> ''),
    FOREIGN KEY (dispute_id, raised_by_person_id)
        REFERENCES settlement_dispute (dispute_id, raised_by_person_id),
    CONSTRAINT settlement_dispute_four_eyes CHECK (decided_by_person_id <> raised_by_person_id),
    CHECK ((decision = 'upheld') = (adjustment_id IS NOT NULL))
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in (
        "settlement_cycle",
        "settlement_statement",
        "settlement_statement_line",
        "settlement_statement_step",
        "settlement_dispute",
        "settlement_dispute_outcome",
    ):
        forbid_changes(table)
