"""Payouts: batches that two others approve, one number at the channel for ever, sums that agree."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SETTINGS = """
-- Under which name a payee is known to a channel; the last version is used.
CREATE TABLE payout_account (
    party_kind text NOT NULL CHECK (party_kind <> ''),
    payee_id text NOT NULL CHECK (payee_id <> ''),
    version integer NOT NULL CHECK (version >= 1),
    channel_code text NOT NULL CHECK (channel_code <> ''),
    channel_payee text NOT NULL CHECK (channel_payee <> ''),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    PRIMARY KEY (party_kind, payee_id, version)
);

CREATE TABLE payout_limits (
    version integer PRIMARY KEY CHECK (version >= 1),
    least_minor bigint NOT NULL CHECK (least_minor >= 1),
    per_payout_minor bigint NOT NULL CHECK (per_payout_minor >= least_minor),
    per_batch_minor bigint NOT NULL CHECK (per_batch_minor >= per_payout_minor),
    per_day_minor bigint NOT NULL CHECK (per_day_minor >= per_payout_minor),
    per_payee_day_minor bigint NOT NULL CHECK (per_payee_day_minor >= per_payout_minor),
    payouts_per_batch integer NOT NULL CHECK (payouts_per_batch BETWEEN 1 AND 500),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
);
-- A payout stays below the 2,000 yuan from which the channel wants the payee's real name.
INSERT INTO payout_limits VALUES
    (1, 30, 199999, 5000000, 20000000, 500000, 200, now(), 'system');
"""

BATCHES = """
CREATE TABLE payout_batch (
    payout_batch_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision >= 1),
    state text NOT NULL CHECK (state IN ('drawn', 'approved', 'cancelled', 'closed')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gross_minor bigint NOT NULL CHECK (gross_minor > 0),
    payout_count integer NOT NULL CHECK (payout_count > 0),
    note text NOT NULL,
    limits_version integer NOT NULL REFERENCES payout_limits,
    left_out jsonb NOT NULL,
    drawn_at timestamptz NOT NULL,
    drawn_by_person_id text NOT NULL CHECK (drawn_by_person_id <> ''),
    cancel_reason text NOT NULL DEFAULT '',
    CHECK ((state = 'cancelled') = (cancel_reason <> ''))
);
CREATE INDEX ix_payout_batch_state ON payout_batch (state, payout_batch_id);

CREATE TABLE payout_approval (
    payout_batch_id text NOT NULL REFERENCES payout_batch,
    person_id text NOT NULL CHECK (person_id <> ''),
    approved_at timestamptz NOT NULL,
    PRIMARY KEY (payout_batch_id, person_id)
);
"""

PAYOUTS = """
CREATE TABLE payout (
    payout_id text PRIMARY KEY CHECK (payout_id ~ '^po_[0-9a-z]{20,29}$'),
    -- What the channel knows it by: made of its id, so that it can neither change nor be another's.
    channel_number text NOT NULL UNIQUE GENERATED ALWAYS AS (replace(payout_id, '_', '')) STORED,
    payout_batch_id text NOT NULL REFERENCES payout_batch,
    revision bigint NOT NULL CHECK (revision >= 1),
    state text NOT NULL CHECK (state IN (
        'drawn', 'approved', 'submitting', 'waiting_for_payee', 'transferring', 'doubtful', 'paid',
        'returned', 'failed', 'cancelled')),
    party_kind text NOT NULL,
    payee_id text NOT NULL,
    account_version integer NOT NULL,
    channel_code text NOT NULL,
    channel_payee text NOT NULL,
    invoice_reference text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gross_minor bigint NOT NULL CHECK (gross_minor > 0),
    -- Known from when it is handed over, on the day of which the tax counts.
    tax_minor bigint CHECK (tax_minor >= 0),
    net_minor bigint CHECK (net_minor > 0),
    channel_bill_number text NOT NULL DEFAULT '',
    confirmation_token text NOT NULL DEFAULT '',
    fail_reason text NOT NULL DEFAULT '',
    retries_payout_id text UNIQUE REFERENCES payout,
    drawn_at timestamptz NOT NULL,
    submitted_at timestamptz,
    ended_at timestamptz,
    FOREIGN KEY (party_kind, payee_id, account_version) REFERENCES payout_account,
    CONSTRAINT payout_net_of_tax CHECK (
        (tax_minor IS NULL) = (net_minor IS NULL) AND coalesce(tax_minor + net_minor = gross_minor, true)),
    CHECK ((net_minor IS NULL) = (submitted_at IS NULL)),
    CHECK (submitted_at IS NOT NULL
           OR state IN ('drawn', 'approved', 'cancelled', 'failed')),
    CHECK (submitted_at IS NULL OR state NOT IN ('drawn', 'approved', 'cancelled')),
    CHECK ((ended_at IS NOT NULL) = (state IN ('paid', 'returned', 'failed', 'cancelled'))),
    CHECK (state <> 'paid' OR channel_bill_number <> ''),
    CHECK (state NOT IN ('failed', 'returned') OR fail_reason <> '')
);
-- What is drawn for a payee goes before more is drawn: their balance is counted once.
CREATE UNIQUE INDEX payout_drawn_once ON payout (party_kind, payee_id, currency)
    WHERE state IN ('drawn', 'approved');
CREATE INDEX ix_payout_batch ON payout (payout_batch_id, payout_id);
CREATE INDEX ix_payout_payee ON payout (payee_id, payout_id);
CREATE INDEX ix_payout_submitted ON payout (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX ix_payout_drawn_at ON payout (drawn_at);

CREATE TABLE payout_item (
    payout_id text NOT NULL REFERENCES payout,
    item_number integer NOT NULL CHECK (item_number >= 1),
    item_kind text NOT NULL CHECK (item_kind IN ('earning', 'balance')),
    earning_id text REFERENCES earning,
    amount_minor bigint NOT NULL,
    -- False once its payout did not arrive: the earning may be drawn again.
    living boolean NOT NULL DEFAULT true,
    PRIMARY KEY (payout_id, item_number),
    CHECK ((item_kind = 'earning') = (earning_id IS NOT NULL)),
    CHECK (item_kind <> 'earning' OR amount_minor >= 0)
);
CREATE UNIQUE INDEX payout_item_earning_once ON payout_item (earning_id) WHERE living;
CREATE UNIQUE INDEX payout_item_balance_once ON payout_item (payout_id) WHERE item_kind = 'balance';

CREATE TABLE payout_change (
    payout_id text NOT NULL REFERENCES payout,
    revision bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    previous_state text NOT NULL,
    new_state text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    PRIMARY KEY (payout_id, revision)
);

-- What channels told by themselves, each once.
CREATE TABLE payout_notice (
    channel_code text NOT NULL,
    notice_id text NOT NULL CHECK (notice_id <> ''),
    channel_number text NOT NULL,
    standing text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (channel_code, notice_id)
);
"""

GUARDS = """
-- Four eyes and two more: neither of the two who approve drew the batch, or put an account it pays to.
CREATE FUNCTION payout_check_approval() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    batch payout_batch;
BEGIN
    SELECT * INTO batch FROM payout_batch WHERE payout_batch_id = NEW.payout_batch_id FOR UPDATE;
    IF batch.state <> 'drawn' THEN
        RAISE EXCEPTION 'payout batch % is %', batch.payout_batch_id, batch.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_open';
    END IF;
    IF batch.drawn_by_person_id = NEW.person_id OR EXISTS (
        SELECT FROM payout p JOIN payout_account a
            ON (a.party_kind, a.payee_id, a.version) = (p.party_kind, p.payee_id, p.account_version)
         WHERE p.payout_batch_id = NEW.payout_batch_id AND a.put_by_person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'whoever drew a batch, or put an account it pays to, does not approve it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_approval_checked BEFORE INSERT ON payout_approval
    FOR EACH ROW EXECUTE FUNCTION payout_check_approval();

CREATE FUNCTION payout_check_batch() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'drawn' THEN
            RAISE EXCEPTION 'a payout batch begins as drawn' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (OLD.payout_batch_id, OLD.currency, OLD.gross_minor, OLD.payout_count, OLD.note,
           OLD.limits_version, OLD.left_out, OLD.drawn_at, OLD.drawn_by_person_id)
          <> (NEW.payout_batch_id, NEW.currency, NEW.gross_minor, NEW.payout_count, NEW.note,
              NEW.limits_version, NEW.left_out, NEW.drawn_at, NEW.drawn_by_person_id)
       OR (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
           ('drawn', 'approved'), ('drawn', 'cancelled'), ('approved', 'closed'))) THEN
        RAISE EXCEPTION 'a payout batch is frozen; it is approved or cancelled once, then closed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'drawn' AND 2 > (
        SELECT count(*) FROM payout_approval WHERE payout_batch_id = NEW.payout_batch_id) THEN
        RAISE EXCEPTION 'a payout batch needs the approval of two people'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_four_eyes';
    END IF;
    IF NEW.state = 'closed' AND EXISTS (
        SELECT FROM payout WHERE payout_batch_id = NEW.payout_batch_id AND ended_at IS NULL) THEN
        RAISE EXCEPTION 'payouts of batch % are under way', NEW.payout_batch_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_batch_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_batch_checked BEFORE INSERT OR UPDATE OR DELETE ON payout_batch
    FOR EACH ROW EXECUTE FUNCTION payout_check_batch();

CREATE FUNCTION payout_check() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    later text[] := ARRAY['submitting', 'waiting_for_payee', 'transferring', 'doubtful', 'paid',
                          'returned', 'failed'];
    batch_state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'drawn' THEN
            RAISE EXCEPTION 'a payout begins as drawn' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.retries_payout_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM payout p WHERE p.payout_id = NEW.retries_payout_id
               AND p.state IN ('failed', 'returned')
               AND (p.party_kind, p.payee_id) = (NEW.party_kind, NEW.payee_id)) THEN
            RAISE EXCEPTION 'only what definitely did not arrive is paid again'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_retried_after_end';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (OLD.payout_id, OLD.payout_batch_id, OLD.party_kind, OLD.payee_id, OLD.account_version,
           OLD.channel_code, OLD.channel_payee, OLD.invoice_reference, OLD.currency, OLD.gross_minor,
           OLD.drawn_at)
          <> (NEW.payout_id, NEW.payout_batch_id, NEW.party_kind, NEW.payee_id, NEW.account_version,
              NEW.channel_code, NEW.channel_payee, NEW.invoice_reference, NEW.currency,
              NEW.gross_minor, NEW.drawn_at)
       OR OLD.retries_payout_id IS DISTINCT FROM NEW.retries_payout_id
       OR (OLD.submitted_at IS NOT NULL
           AND (OLD.submitted_at, OLD.net_minor, OLD.tax_minor)
               <> (NEW.submitted_at, NEW.net_minor, NEW.tax_minor))
       OR (OLD.state <> NEW.state AND NOT CASE OLD.state
            WHEN 'drawn' THEN NEW.state IN ('approved', 'cancelled')
            WHEN 'approved' THEN NEW.state IN ('submitting', 'failed', 'cancelled')
            ELSE OLD.state = ANY (later) AND NEW.state = ANY (later) END) THEN
        RAISE EXCEPTION 'payout % is frozen but for how far it is, and over once it is over',
            OLD.payout_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IN ('approved', 'submitting') THEN
        SELECT state INTO batch_state FROM payout_batch
         WHERE payout_batch_id = NEW.payout_batch_id;
        IF batch_state <> 'approved' THEN
            RAISE EXCEPTION 'payout batch % is not approved', NEW.payout_batch_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_four_eyes';
        END IF;
    END IF;
    IF NEW.ended_at IS NOT NULL AND NEW.state <> 'paid' THEN
        UPDATE payout_item SET living = false WHERE payout_id = NEW.payout_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_checked BEFORE INSERT OR UPDATE OR DELETE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_check();

CREATE FUNCTION payout_refuse_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a payout is made of is frozen' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payout_item_frozen BEFORE UPDATE OF
        payout_id, item_number, item_kind, earning_id, amount_minor OR DELETE ON payout_item
    FOR EACH ROW EXECUTE FUNCTION payout_refuse_item();
-- Only the end of its payout lets an item go.
CREATE TRIGGER payout_item_lives BEFORE UPDATE OF living ON payout_item
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION payout_refuse_item();

-- Items sum to their payout, and payouts to their batch, by the end of the transaction.
CREATE FUNCTION payout_check_sums() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payout p WHERE p.payout_id = NEW.payout_id AND p.gross_minor <> coalesce(
            (SELECT sum(i.amount_minor) FROM payout_item i WHERE i.payout_id = p.payout_id), 0)
        UNION ALL
        SELECT FROM payout p
          JOIN payout_batch b USING (payout_batch_id)
          JOIN payout e ON e.payout_batch_id = b.payout_batch_id
         WHERE p.payout_id = NEW.payout_id
         GROUP BY b.payout_batch_id
        HAVING b.gross_minor <> sum(e.gross_minor) OR b.payout_count <> count(*)
            OR NOT bool_and(e.currency = b.currency)) THEN
        RAISE EXCEPTION 'payout % does not sum to its items, or its batch to its payouts',
            NEW.payout_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_sums AFTER INSERT ON payout
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payout_check_sums();
CREATE CONSTRAINT TRIGGER payout_item_sums AFTER INSERT ON payout_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payout_check_sums();

CREATE FUNCTION payout_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'payouts are kept' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payout_batch_kept BEFORE TRUNCATE ON payout_batch
    FOR EACH STATEMENT EXECUTE FUNCTION payout_refuse_truncate();
CREATE TRIGGER payout_kept BEFORE TRUNCATE ON payout
    FOR EACH STATEMENT EXECUTE FUNCTION payout_refuse_truncate();
CREATE TRIGGER payout_item_kept BEFORE TRUNCATE ON payout_item
    FOR EACH STATEMENT EXECUTE FUNCTION payout_refuse_truncate();
"""


def upgrade() -> None:
    op.execute(SETTINGS)
    forbid_changes("payout_account")
    forbid_changes("payout_limits")
    op.execute(BATCHES)
    forbid_changes("payout_approval")
    op.execute(PAYOUTS)
    forbid_changes("payout_change")
    forbid_changes("payout_notice")
    op.execute(GUARDS)
