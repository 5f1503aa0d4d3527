"""Claims: what a brand owes for warranty work, sent to it as one document and answered line by line."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE brand_claim (
    brand_claim_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision >= 1),
    state text NOT NULL CHECK (state IN ('draft', 'sent', 'answered', 'withdrawn')),
    brand_id text NOT NULL CHECK (brand_id <> ''),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    first_day date NOT NULL,
    last_day date NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    line_count integer NOT NULL CHECK (line_count > 0),
    -- Over its lines, from the day it is sent: what the brand was told.
    digest text NOT NULL DEFAULT '',
    drawn_at timestamptz NOT NULL,
    drawn_by_person_id text NOT NULL CHECK (drawn_by_person_id <> ''),
    sent_at timestamptz,
    sent_by_person_id text NOT NULL DEFAULT '',
    answered_at timestamptz,
    withdrawn_at timestamptz,
    CHECK (first_day <= last_day),
    CHECK ((sent_at IS NULL) = (sent_by_person_id = '')),
    CHECK ((sent_at IS NULL) = (digest = '')),
    CHECK (state NOT IN ('sent', 'answered') OR sent_at IS NOT NULL),
    CHECK ((state = 'answered') = (answered_at IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    -- What was sent stays; only a draft is withdrawn.
    CHECK (state <> 'withdrawn' OR sent_at IS NULL)
);
CREATE INDEX ix_brand_claim_brand ON brand_claim (brand_id, brand_claim_id);

CREATE TABLE brand_claim_line (
    brand_claim_id text NOT NULL REFERENCES brand_claim,
    receivable_id text NOT NULL REFERENCES receivable,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    -- Whether the line counts: not in a claim that was withdrawn.
    standing boolean NOT NULL DEFAULT true,
    answer text NOT NULL DEFAULT '' CHECK (answer IN ('', 'accepted', 'rejected')),
    answer_reason text NOT NULL DEFAULT '',
    answered_at timestamptz,
    answered_by_person_id text NOT NULL DEFAULT '',
    PRIMARY KEY (brand_claim_id, receivable_id),
    CHECK ((answer = '') = (answered_at IS NULL)),
    CHECK ((answer = '') = (answered_by_person_id = '')),
    CHECK (answer <> 'rejected' OR answer_reason <> '')
);
-- What is owed is claimed once.
CREATE UNIQUE INDEX brand_claim_once ON brand_claim_line (receivable_id) WHERE standing;

CREATE FUNCTION check_claim_line() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.answer <> ''
       OR (OLD.brand_claim_id, OLD.receivable_id, OLD.amount_minor)
          <> (NEW.brand_claim_id, NEW.receivable_id, NEW.amount_minor) THEN
        RAISE EXCEPTION 'a line of a claim is as it was drawn, and answered once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.answer <> '' AND NOT EXISTS (SELECT FROM brand_claim c
            WHERE c.brand_claim_id = NEW.brand_claim_id AND c.state = 'sent') THEN
        RAISE EXCEPTION 'claim % was not sent', NEW.brand_claim_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brand_claim_line_once BEFORE UPDATE OR DELETE ON brand_claim_line
    FOR EACH ROW EXECUTE FUNCTION check_claim_line();

CREATE FUNCTION check_claim_sum() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM brand_claim c
         WHERE c.brand_claim_id = NEW.brand_claim_id
           AND (c.amount_minor, c.line_count) = (SELECT sum(l.amount_minor), count(*)::integer
                FROM brand_claim_line l WHERE l.brand_claim_id = c.brand_claim_id)) THEN
        RAISE EXCEPTION 'the lines of claim % do not sum to it', NEW.brand_claim_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER brand_claim_sums AFTER INSERT ON brand_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_claim_sum();
CREATE CONSTRAINT TRIGGER brand_claim_line_sums AFTER INSERT ON brand_claim_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_claim_sum();
"""


def upgrade() -> None:
    op.execute(TABLES)
