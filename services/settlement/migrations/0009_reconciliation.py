"""Bills of channels beside the books: formats, bills and their lines, matches, discrepancies."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FORMATS = """
CREATE TABLE bill_format (
    bill_format_code text NOT NULL CHECK (bill_format_code <> ''),
    version integer NOT NULL CHECK (version >= 1),
    channel_code text NOT NULL CHECK (channel_code <> ''),
    how jsonb NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    PRIMARY KEY (bill_format_code, version)
);

-- By which format a file with these headings was read last.
CREATE TABLE bill_headings (
    headings_sha256 text PRIMARY KEY,
    bill_format_code text NOT NULL
);
"""

BILLS = """
CREATE TABLE channel_bill (
    channel_bill_id text PRIMARY KEY,
    channel_code text NOT NULL,
    bill_format_code text NOT NULL,
    bill_format_version integer NOT NULL,
    period_from timestamptz NOT NULL,
    period_until timestamptz NOT NULL,
    file_sha256 text NOT NULL UNIQUE,
    tolerance_minor bigint NOT NULL CHECK (tolerance_minor >= 0),
    tolerance_seconds bigint NOT NULL CHECK (tolerance_seconds >= 0),
    edge_seconds bigint NOT NULL CHECK (edge_seconds >= 0),
    imported_at timestamptz NOT NULL,
    imported_by_person_id text NOT NULL CHECK (imported_by_person_id <> ''),
    closed_at timestamptz,
    closed_by_person_id text NOT NULL DEFAULT '',
    FOREIGN KEY (bill_format_code, bill_format_version) REFERENCES bill_format,
    CHECK (period_from < period_until),
    CHECK ((closed_at IS NULL) = (closed_by_person_id = '')),
    -- Each instant of a channel is told by one bill.
    CONSTRAINT channel_bill_once EXCLUDE USING gist (
        channel_code WITH =, tstzrange(period_from, period_until) WITH &&)
);

CREATE TABLE channel_bill_line (
    channel_bill_id text NOT NULL REFERENCES channel_bill,
    row_number integer NOT NULL,
    channel_number text NOT NULL,
    own_number text NOT NULL,
    order_number text NOT NULL,
    occurred_at timestamptz NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    fee_minor bigint NOT NULL,
    PRIMARY KEY (channel_bill_id, row_number)
);
CREATE INDEX ix_channel_bill_line_number ON channel_bill_line (channel_number)
    WHERE channel_number <> '';
CREATE INDEX ix_channel_bill_line_order ON channel_bill_line (order_number)
    WHERE order_number <> '';
"""

MATCHES = """
CREATE TABLE bill_match (
    channel_bill_id text NOT NULL REFERENCES channel_bill,
    match_number integer NOT NULL,
    matched_by text NOT NULL CHECK (matched_by IN (
        'number', 'order_number', 'amount_and_time', 'correction')),
    difference_minor bigint NOT NULL,
    -- What amount and time alone say is likely, and somebody's to confirm.
    confirmed_at timestamptz,
    confirmed_by_person_id text NOT NULL DEFAULT '',
    PRIMARY KEY (channel_bill_id, match_number)
);

CREATE TABLE bill_match_line (
    channel_bill_id text NOT NULL,
    match_number integer NOT NULL,
    row_number integer NOT NULL,
    FOREIGN KEY (channel_bill_id, match_number) REFERENCES bill_match ON DELETE CASCADE,
    FOREIGN KEY (channel_bill_id, row_number) REFERENCES channel_bill_line,
    CONSTRAINT bill_line_matched_once PRIMARY KEY (channel_bill_id, row_number)
);

-- What we booked is found in one bill and no other.
CREATE TABLE bill_match_entry (
    channel_bill_id text NOT NULL,
    match_number integer NOT NULL,
    document_kind text NOT NULL,
    document_id text NOT NULL,
    FOREIGN KEY (channel_bill_id, match_number) REFERENCES bill_match ON DELETE CASCADE,
    CONSTRAINT bill_entry_matched_once PRIMARY KEY (document_kind, document_id)
);

CREATE TABLE discrepancy (
    discrepancy_id text PRIMARY KEY,
    channel_bill_id text NOT NULL REFERENCES channel_bill,
    kind text NOT NULL,
    currency text NOT NULL,
    difference_minor bigint NOT NULL,
    row_numbers integer[] NOT NULL,
    document_ids text[] NOT NULL,
    english text NOT NULL,
    chinese text NOT NULL,
    proposed_correction text NOT NULL CHECK (
        proposed_correction IN ('book', 'reverse', 'suspend', 'none')),
    state text NOT NULL CHECK (state IN ('open', 'proposed', 'resolved')),
    correction text NOT NULL DEFAULT '' CHECK (
        correction IN ('', 'book', 'reverse', 'suspend', 'none')),
    payer_kind text NOT NULL DEFAULT '',
    payer_id text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    chosen_at timestamptz,
    chosen_by_person_id text NOT NULL DEFAULT '',
    resolved_at timestamptz,
    resolved_by_person_id text NOT NULL DEFAULT '',
    CHECK (cardinality(row_numbers) + cardinality(document_ids) > 0),
    CHECK ((state = 'open') = (correction = '')),
    CHECK ((state = 'open') = (chosen_by_person_id = '' AND reason = '')),
    CHECK ((state = 'resolved') = (resolved_at IS NOT NULL AND resolved_by_person_id <> '')),
    -- What moves money is chosen by one and allowed by another.
    CONSTRAINT discrepancy_four_eyes CHECK (
        state <> 'resolved' OR correction = 'none' OR resolved_by_person_id <> chosen_by_person_id)
);
CREATE INDEX ix_discrepancy_bill ON discrepancy (channel_bill_id, discrepancy_id);
CREATE INDEX ix_discrepancy_state ON discrepancy (state, discrepancy_id);

CREATE FUNCTION check_bill_closes() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL
       OR (OLD.channel_bill_id, OLD.channel_code, OLD.period_from, OLD.period_until,
           OLD.file_sha256)
          <> (NEW.channel_bill_id, NEW.channel_code, NEW.period_from, NEW.period_until,
              NEW.file_sha256) THEN
        RAISE EXCEPTION 'a bill is as it was imported, and closed once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM discrepancy d
                WHERE d.channel_bill_id = NEW.channel_bill_id AND d.state <> 'resolved')
       OR EXISTS (SELECT FROM bill_match m WHERE m.channel_bill_id = NEW.channel_bill_id
                   AND m.matched_by = 'amount_and_time' AND m.confirmed_at IS NULL) THEN
        RAISE EXCEPTION 'bill % has something that is not resolved', NEW.channel_bill_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER channel_bill_closes BEFORE UPDATE ON channel_bill
    FOR EACH ROW EXECUTE FUNCTION check_bill_closes();

CREATE FUNCTION check_discrepancy_moves_on() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'open' THEN
            RAISE EXCEPTION 'what was said of a discrepancy stays'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'resolved'
       OR (OLD.discrepancy_id, OLD.channel_bill_id, OLD.kind, OLD.difference_minor, OLD.row_numbers,
           OLD.document_ids)
          <> (NEW.discrepancy_id, NEW.channel_bill_id, NEW.kind, NEW.difference_minor,
              NEW.row_numbers, NEW.document_ids) THEN
        RAISE EXCEPTION 'a discrepancy is resolved once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discrepancy_moves_on BEFORE UPDATE OR DELETE ON discrepancy
    FOR EACH ROW EXECUTE FUNCTION check_discrepancy_moves_on();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public")
    op.execute(FORMATS)
    forbid_changes("bill_format")
    op.execute(BILLS)
    forbid_changes("channel_bill_line")
    op.execute(MATCHES)
