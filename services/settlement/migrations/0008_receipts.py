"""Money in: what customers, brands and shops owe, what they paid, and what goes back to them."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RECEIVABLES = """
CREATE TABLE receivable (
    receivable_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision >= 1),
    state text NOT NULL CHECK (state IN ('open', 'settled', 'written_off', 'cancelled')),
    payer_kind text NOT NULL CHECK (payer_kind IN ('customer', 'brand', 'shop')),
    payer_id text NOT NULL CHECK (payer_id <> ''),
    purpose text NOT NULL CHECK (purpose IN ('service', 'deposit', 'extra', 'warranty')),
    case_id text NOT NULL,
    work_order_id text NOT NULL,
    quote_id text NOT NULL,
    shop_order_number text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    received_minor bigint NOT NULL DEFAULT 0 CHECK (received_minor >= 0),
    credited_minor bigint NOT NULL DEFAULT 0 CHECK (credited_minor >= 0),
    due_on date NOT NULL,
    billed_at timestamptz NOT NULL,
    billed_by_person_id text NOT NULL CHECK (billed_by_person_id <> ''),
    ended_at timestamptz,
    ended_by_person_id text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    CONSTRAINT receivable_never_overpaid CHECK (received_minor + credited_minor <= amount_minor),
    CHECK (state <> 'settled' OR received_minor + credited_minor = amount_minor),
    CHECK (state <> 'open' OR received_minor + credited_minor < amount_minor),
    CHECK (state <> 'cancelled' OR received_minor = 0),
    CHECK (state NOT IN ('written_off', 'cancelled')
           OR (ended_at IS NOT NULL AND ended_by_person_id <> '' AND reason <> '')),
    -- Whoever billed it does not write it off.
    CONSTRAINT receivable_four_eyes CHECK (
        state <> 'written_off' OR ended_by_person_id <> billed_by_person_id)
);
-- A work order is billed to a payer once for each purpose but extras, whatever key comes second.
CREATE UNIQUE INDEX receivable_once ON receivable (work_order_id, payer_kind, payer_id, purpose)
    WHERE work_order_id <> '' AND purpose <> 'extra' AND state <> 'cancelled';
CREATE INDEX ix_receivable_payer ON receivable (payer_kind, payer_id, receivable_id);
CREATE INDEX ix_receivable_work_order ON receivable (work_order_id) WHERE work_order_id <> '';
CREATE INDEX ix_receivable_open ON receivable (due_on, receivable_id) WHERE state = 'open';

CREATE TABLE receivable_line (
    receivable_id text NOT NULL REFERENCES receivable,
    line_number integer NOT NULL CHECK (line_number >= 1),
    line_kind text NOT NULL CHECK (line_kind <> ''),
    label text NOT NULL CHECK (label <> ''),
    amount_minor bigint NOT NULL,
    PRIMARY KEY (receivable_id, line_number)
);

CREATE FUNCTION check_receivable_lines() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM receivable r WHERE r.receivable_id = NEW.receivable_id AND r.amount_minor =
            (SELECT sum(l.amount_minor) FROM receivable_line l
              WHERE l.receivable_id = r.receivable_id)
    ) THEN
        RAISE EXCEPTION 'the lines of receivable % do not sum to its amount', NEW.receivable_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER receivable_sums AFTER INSERT ON receivable
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_receivable_lines();
CREATE CONSTRAINT TRIGGER receivable_line_sums AFTER INSERT ON receivable_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_receivable_lines();

CREATE FUNCTION refuse_to_touch_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was billed or received is frozen; only how far it is settled moves'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER receivable_frozen BEFORE UPDATE OF
        receivable_id, payer_kind, payer_id, purpose, case_id, work_order_id, quote_id,
        shop_order_number, currency, amount_minor, due_on, billed_at, billed_by_person_id OR DELETE
    ON receivable FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_bill();
CREATE TRIGGER receivable_no_truncate BEFORE TRUNCATE ON receivable
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_bill();
"""

RECEIPTS = """
CREATE TABLE receipt (
    receipt_id text PRIMARY KEY,
    channel_code text NOT NULL CHECK (channel_code <> ''),
    channel_number text NOT NULL,
    payer_kind text NOT NULL CHECK (payer_kind IN ('customer', 'brand', 'shop')),
    payer_id text NOT NULL CHECK (payer_id <> ''),
    case_id text NOT NULL,
    work_order_id text NOT NULL,
    shop_order_number text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    allocated_minor bigint NOT NULL DEFAULT 0,
    refunded_minor bigint NOT NULL DEFAULT 0,
    -- Of what is refunded: what had paid nothing.
    refunded_free_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_free_minor >= 0),
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by_person_id text NOT NULL CHECK (recorded_by_person_id <> ''),
    note text NOT NULL,
    -- It did not come in after all: said by another than whoever recorded it.
    reversed_at timestamptz,
    reversed_by_person_id text NOT NULL DEFAULT '',
    reversal_reason text NOT NULL DEFAULT '',
    CONSTRAINT receipt_four_eyes CHECK (reversed_by_person_id <> recorded_by_person_id),
    CHECK ((reversed_at IS NULL) = (reversed_by_person_id = '')),
    CHECK ((reversed_at IS NULL) = (reversal_reason = '')),
    CONSTRAINT receipt_reversed_whole CHECK (reversed_at IS NULL OR refunded_minor = 0),
    -- Cash has no number; everything else is known by one, once.
    CHECK (channel_code = 'cash' OR channel_number <> ''),
    CONSTRAINT receipt_never_spent_twice CHECK (
        allocated_minor >= 0 AND allocated_minor + refunded_free_minor <= amount_minor
        AND refunded_minor BETWEEN 0 AND amount_minor)
);
CREATE UNIQUE INDEX receipt_once ON receipt (channel_code, channel_number)
    WHERE channel_number <> '' AND reversed_at IS NULL;
CREATE INDEX ix_receipt_payer ON receipt (payer_kind, payer_id, receipt_id);
CREATE INDEX ix_receipt_work_order ON receipt (work_order_id) WHERE work_order_id <> '';
CREATE INDEX ix_receipt_channel ON receipt (channel_code, received_at);
CREATE TRIGGER receipt_frozen BEFORE UPDATE OF
        receipt_id, channel_code, channel_number, payer_kind, payer_id, case_id, work_order_id,
        shop_order_number, currency, amount_minor, received_at, recorded_at, recorded_by_person_id
        OR DELETE
    ON receipt FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_bill();
CREATE TRIGGER receipt_no_truncate BEFORE TRUNCATE ON receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_bill();

-- Which part of a receipt pays which receivable. The database counts it on both sides.
CREATE TABLE receipt_allocation (
    receipt_id text NOT NULL REFERENCES receipt,
    receivable_id text NOT NULL REFERENCES receivable,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    allocated_at timestamptz NOT NULL,
    allocated_by_person_id text NOT NULL CHECK (allocated_by_person_id <> ''),
    PRIMARY KEY (receipt_id, receivable_id)
);
CREATE INDEX ix_receipt_allocation_receivable ON receipt_allocation (receivable_id);
CREATE FUNCTION count_allocation() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE receipt SET allocated_minor = allocated_minor + NEW.amount_minor
     WHERE receipt_id = NEW.receipt_id;
    UPDATE receivable r
       SET received_minor = r.received_minor + NEW.amount_minor, revision = r.revision + 1,
           state = CASE WHEN r.received_minor + NEW.amount_minor + r.credited_minor = r.amount_minor
                        THEN 'settled' ELSE r.state END
      FROM receipt p
     WHERE r.receivable_id = NEW.receivable_id AND p.receipt_id = NEW.receipt_id
       AND r.state = 'open' AND p.currency = r.currency AND p.reversed_at IS NULL
       AND (p.payer_kind, p.payer_id) = (r.payer_kind, r.payer_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'receipt % cannot pay receivable %: not open, or another payer or currency',
            NEW.receipt_id, NEW.receivable_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_allocation_counted AFTER INSERT ON receipt_allocation
    FOR EACH ROW EXECUTE FUNCTION count_allocation();

-- What a reversed receipt paid is owed again.
CREATE FUNCTION count_reversal() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.reversed_at IS NOT NULL THEN
        RAISE EXCEPTION 'receipt % is reversed once', NEW.receipt_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE receivable r
       SET received_minor = r.received_minor - a.amount_minor, revision = r.revision + 1,
           state = CASE WHEN r.state = 'settled' THEN 'open' ELSE r.state END
      FROM receipt_allocation a
     WHERE a.receipt_id = NEW.receipt_id AND r.receivable_id = a.receivable_id;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_reversal_counted AFTER UPDATE OF reversed_at ON receipt
    FOR EACH ROW EXECUTE FUNCTION count_reversal();
"""

REFUNDS = """
CREATE TABLE refund (
    refund_id text PRIMARY KEY,
    receipt_id text NOT NULL REFERENCES receipt,
    -- What it credits; null: money that paid nothing yet goes back.
    receivable_id text REFERENCES receivable,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL CHECK (reason <> ''),
    state text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'paid')),
    requested_at timestamptz NOT NULL,
    requested_by_person_id text NOT NULL CHECK (requested_by_person_id <> ''),
    decided_at timestamptz,
    decided_by_person_id text NOT NULL DEFAULT '',
    decision_reason text NOT NULL DEFAULT '',
    channel_number text NOT NULL DEFAULT '',
    paid_at timestamptz,
    CHECK ((state = 'requested') = (decided_at IS NULL)),
    CHECK ((state = 'requested') = (decided_by_person_id = '')),
    CONSTRAINT refund_four_eyes CHECK (decided_by_person_id <> requested_by_person_id),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL AND channel_number <> ''))
);
CREATE INDEX ix_refund_receipt ON refund (receipt_id);
CREATE INDEX ix_refund_state ON refund (state, refund_id);
CREATE UNIQUE INDEX refund_number_once ON refund (channel_number) WHERE channel_number <> '';

-- What is asked back, and not refused, never exceeds what came in.
CREATE FUNCTION count_refund() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    sign integer := CASE WHEN TG_OP = 'INSERT' THEN 1
                         WHEN NEW.state = 'rejected' AND OLD.state <> 'rejected' THEN -1
                         ELSE 0 END;
BEGIN
    IF sign <> 0 THEN
        UPDATE receipt
           SET refunded_minor = refunded_minor + sign * NEW.amount_minor,
               refunded_free_minor = refunded_free_minor
                   + CASE WHEN NEW.receivable_id IS NULL THEN sign * NEW.amount_minor ELSE 0 END
         WHERE receipt_id = NEW.receipt_id;
    ELSIF NEW.state = 'approved' AND NEW.receivable_id IS NOT NULL THEN
        -- What goes back is owed no longer: it was received, now it is credited.
        UPDATE receivable r
           SET received_minor = r.received_minor - NEW.amount_minor,
               credited_minor = r.credited_minor + NEW.amount_minor, revision = r.revision + 1
          FROM receipt p
         WHERE r.receivable_id = NEW.receivable_id AND p.receipt_id = NEW.receipt_id
           AND r.received_minor >= NEW.amount_minor AND p.currency = r.currency
           AND (p.payer_kind, p.payer_id) = (r.payer_kind, r.payer_id);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'refund % credits more than receivable % received, or another payer''s',
                NEW.refund_id, NEW.receivable_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refund_counted AFTER INSERT OR UPDATE OF state ON refund
    FOR EACH ROW EXECUTE FUNCTION count_refund();

CREATE FUNCTION check_refund_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (OLD.refund_id, OLD.receipt_id, OLD.amount_minor, OLD.reason, OLD.requested_by_person_id)
          <> (NEW.refund_id, NEW.receipt_id, NEW.amount_minor, NEW.reason,
              NEW.requested_by_person_id)
       OR OLD.receivable_id IS DISTINCT FROM NEW.receivable_id
       OR (OLD.state, NEW.state) NOT IN (('requested', 'approved'), ('requested', 'rejected'),
                                         ('approved', 'paid')) THEN
        RAISE EXCEPTION 'a refund is decided once and paid once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_moves_on BEFORE UPDATE OR DELETE ON refund
    FOR EACH ROW EXECUTE FUNCTION check_refund_moves_on();
"""


def upgrade() -> None:
    op.execute(RECEIVABLES)
    forbid_changes("receivable_line")
    op.execute(RECEIPTS)
    forbid_changes("receipt_allocation")
    op.execute(REFUNDS)
