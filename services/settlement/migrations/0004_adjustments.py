"""Adjustments, the rules they are made by, the facts they were made of, and hold-backs."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RULES = """
CREATE TABLE adjustment_rule_version (
    rule_code text NOT NULL CHECK (rule_code <> ''),
    version integer NOT NULL CHECK (version >= 1),
    rule_kind text NOT NULL CHECK (rule_kind IN (
        'performance', 'subsidy', 'deduction', 'sla_penalty', 'holdback', 'claw_back')),
    label text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    effective_from date NOT NULL,
    automatic_limit_minor bigint NOT NULL CHECK (automatic_limit_minor >= 0),
    terms jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    decided_at timestamptz,
    decided_by_person_id text NOT NULL DEFAULT '',
    decision_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (rule_code, version),
    CHECK ((state = 'proposed') = (decided_by_person_id = '')),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT adjustment_rule_four_eyes CHECK (decided_by_person_id <> put_by_person_id)
);

-- A version is decided once; what it says never changes.
CREATE FUNCTION check_adjustment_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND NEW.state <> 'proposed'
       AND (OLD.rule_code, OLD.version, OLD.rule_kind, OLD.label, OLD.currency, OLD.effective_from,
            OLD.automatic_limit_minor, OLD.terms, OLD.put_at, OLD.put_by_person_id)
         = (NEW.rule_code, NEW.version, NEW.rule_kind, NEW.label, NEW.currency, NEW.effective_from,
            NEW.automatic_limit_minor, NEW.terms, NEW.put_at, NEW.put_by_person_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a version of an adjustment rule is frozen, and decided once'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER adjustment_rule_frozen BEFORE UPDATE OR DELETE ON adjustment_rule_version
    FOR EACH ROW EXECUTE FUNCTION check_adjustment_rule();
CREATE TRIGGER adjustment_rule_no_truncate BEFORE TRUNCATE ON adjustment_rule_version
    FOR EACH STATEMENT EXECUTE FUNCTION check_adjustment_rule();

-- What rules were asked about: a rule can be tried on it later.
CREATE TABLE adjustment_fact (
    adjustment_fact_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_kind text NOT NULL CHECK (rule_kind IN ('performance', 'sla_penalty')),
    earning_id text NOT NULL,
    work_order_id text NOT NULL,
    noted_at timestamptz NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX ix_adjustment_fact_noted ON adjustment_fact (rule_kind, noted_at);
"""

HOLDBACKS = """
CREATE TABLE holdback (
    holdback_id text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('held', 'released', 'forfeited', 'returned')),
    earning_id text NOT NULL REFERENCES earning,
    work_order_id text NOT NULL,
    case_id text NOT NULL,
    outlet_id text NOT NULL,
    party_kind text NOT NULL CHECK (party_kind IN ('technician', 'outlet')),
    party_id text NOT NULL CHECK (party_id <> ''),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    rule_code text NOT NULL,
    rule_version integer NOT NULL,
    held_at timestamptz NOT NULL,
    release_at timestamptz NOT NULL CHECK (release_at > held_at),
    ended_at timestamptz,
    end_reason text NOT NULL DEFAULT '',
    -- The early release or forfeiture that waits for approval, or ended it.
    adjustment_id text NOT NULL DEFAULT '',
    UNIQUE (earning_id, party_kind, party_id),
    FOREIGN KEY (rule_code, rule_version) REFERENCES adjustment_rule_version,
    CHECK ((state = 'held') = (ended_at IS NULL)),
    CHECK (state = 'held' OR end_reason <> ''),
    -- Before its date it goes back, and it goes to others, only by what somebody approved.
    CONSTRAINT holdback_ended_by_right CHECK (
        state IN ('held', 'returned') OR adjustment_id <> ''
        OR (state = 'released' AND ended_at >= release_at))
);
CREATE INDEX ix_holdback_due ON holdback (release_at, holdback_id) WHERE state = 'held';
CREATE INDEX ix_holdback_party ON holdback (party_kind, party_id, holdback_id);
CREATE INDEX ix_holdback_outlet ON holdback (outlet_id, holdback_id);

CREATE FUNCTION check_holdback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'held'
       AND (OLD.holdback_id, OLD.earning_id, OLD.work_order_id, OLD.case_id, OLD.outlet_id,
            OLD.party_kind, OLD.party_id, OLD.currency, OLD.amount_minor, OLD.rule_code,
            OLD.rule_version, OLD.held_at, OLD.release_at)
         = (NEW.holdback_id, NEW.earning_id, NEW.work_order_id, NEW.case_id, NEW.outlet_id,
            NEW.party_kind, NEW.party_id, NEW.currency, NEW.amount_minor, NEW.rule_code,
            NEW.rule_version, NEW.held_at, NEW.release_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what is held back is frozen, and ends once'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER holdback_frozen BEFORE UPDATE OR DELETE ON holdback
    FOR EACH ROW EXECUTE FUNCTION check_holdback();
CREATE TRIGGER holdback_no_truncate BEFORE TRUNCATE ON holdback
    FOR EACH STATEMENT EXECUTE FUNCTION check_holdback();
"""

ADJUSTMENTS = """
CREATE TABLE adjustment (
    adjustment_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision >= 1),
    kind text NOT NULL CHECK (kind IN (
        'subsidy', 'deduction', 'performance', 'sla_penalty', 'claw_back', 'early_release',
        'forfeiture', 'debt_offset')),
    state text NOT NULL CHECK (state IN (
        'proposed', 'approved', 'posted', 'rejected', 'reversed')),
    earning_id text REFERENCES earning,
    case_id text NOT NULL,
    work_order_id text NOT NULL,
    outlet_id text NOT NULL,
    month text NOT NULL CHECK (month = '' OR month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
    holdback_id text REFERENCES holdback,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL,
    rule_code text,
    rule_version integer,
    cause_reference text NOT NULL,
    -- Of a claw-back: what of the customer's money it answers.
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    evidence jsonb NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    explanation text NOT NULL,
    automatic boolean NOT NULL,
    proposed_at timestamptz NOT NULL,
    proposed_by_person_id text NOT NULL CHECK (proposed_by_person_id <> ''),
    approved_by_person_id text NOT NULL DEFAULT '',
    posted_at timestamptz,
    reversed_by_person_id text NOT NULL DEFAULT '',
    FOREIGN KEY (rule_code, rule_version) REFERENCES adjustment_rule_version,
    CHECK ((rule_code IS NULL) = (rule_version IS NULL)),
    CHECK (kind <> 'claw_back' OR (earning_id IS NOT NULL AND cause_reference <> '')),
    CHECK ((kind IN ('early_release', 'forfeiture')) = (holdback_id IS NOT NULL)),
    CHECK (CASE kind WHEN 'subsidy' THEN amount_minor > 0
                     WHEN 'early_release' THEN amount_minor > 0
                     WHEN 'deduction' THEN amount_minor < 0
                     WHEN 'sla_penalty' THEN amount_minor < 0
                     WHEN 'forfeiture' THEN amount_minor < 0
                     WHEN 'claw_back' THEN amount_minor <= 0
                     ELSE amount_minor <> 0 END),
    -- What takes something names what it rests on.
    CONSTRAINT adjustment_evidence_given CHECK (
        kind NOT IN ('deduction', 'sla_penalty', 'claw_back') OR jsonb_array_length(evidence) > 0),
    CHECK ((state IN ('posted', 'reversed')) = (posted_at IS NOT NULL)),
    CHECK (state IN ('proposed', 'rejected') OR approved_by_person_id <> ''),
    CHECK (state <> 'proposed' OR approved_by_person_id = ''),
    -- Nobody allows their own; only the product's own go by rule, within its limit (see below).
    CONSTRAINT adjustment_four_eyes CHECK (
        automatic OR approved_by_person_id <> proposed_by_person_id),
    CONSTRAINT adjustment_automatic_by_rule CHECK (
        NOT automatic OR (proposed_by_person_id = 'system'
                          AND (rule_code IS NOT NULL OR kind = 'debt_offset'))),
    CHECK ((state = 'reversed') = (reversed_by_person_id <> '')),
    CONSTRAINT adjustment_reversal_four_eyes CHECK (
        reversed_by_person_id <> proposed_by_person_id),
    CHECK (state <> 'reversed' OR kind NOT IN ('early_release', 'forfeiture', 'debt_offset'))
);
-- What is answered is answered once, whatever key the second proposal comes with.
CREATE UNIQUE INDEX adjustment_once
    ON adjustment (kind, coalesce(earning_id, ''), work_order_id, cause_reference)
    WHERE cause_reference <> '' AND state NOT IN ('rejected', 'reversed');
CREATE INDEX ix_adjustment_earning ON adjustment (earning_id, adjustment_id);
CREATE INDEX ix_adjustment_work_order ON adjustment (work_order_id, adjustment_id)
    WHERE work_order_id <> '';
CREATE INDEX ix_adjustment_case ON adjustment (case_id, adjustment_id) WHERE case_id <> '';
CREATE INDEX ix_adjustment_outlet ON adjustment (outlet_id, adjustment_id) WHERE outlet_id <> '';
CREATE INDEX ix_adjustment_state ON adjustment (state, adjustment_id);

CREATE TABLE adjustment_share (
    adjustment_id text NOT NULL REFERENCES adjustment,
    position integer NOT NULL CHECK (position >= 1),
    party_kind text NOT NULL CHECK (party_kind <> ''),
    party_id text NOT NULL CHECK (party_id <> ''),
    amount_minor bigint NOT NULL,
    -- Of what it gives: what its balance could not bear when it was posted.
    debt_minor bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (adjustment_id, position),
    CHECK (debt_minor = 0 OR debt_minor BETWEEN 0 AND -amount_minor)
);
CREATE INDEX ix_adjustment_share_party ON adjustment_share (party_kind, party_id, adjustment_id);

CREATE TABLE adjustment_change (
    adjustment_id text NOT NULL REFERENCES adjustment,
    revision bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    previous_state text NOT NULL,
    new_state text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    PRIMARY KEY (adjustment_id, revision)
);

-- What an adjustment says is frozen; it moves on along its life, and a rule lets pass only what is
-- within its limit, by a version that somebody approved.
CREATE FUNCTION check_adjustment() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('proposed', 'approved') THEN
            RAISE EXCEPTION 'an adjustment begins as proposed, or approved by its rule'
                USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.state = 'approved') <> NEW.automatic OR (NEW.automatic AND NEW.kind <> 'debt_offset'
            AND NOT EXISTS (SELECT FROM adjustment_rule_version r
                             WHERE (r.rule_code, r.version) = (NEW.rule_code, NEW.rule_version)
                               AND r.state = 'approved' AND r.currency = NEW.currency
                               AND r.automatic_limit_minor >= abs(NEW.amount_minor))) THEN
            RAISE EXCEPTION 'no rule lets adjustment % pass without approval', NEW.adjustment_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_automatic_limit';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state = 'approved' AND EXISTS (
        SELECT FROM adjustment_share s WHERE s.adjustment_id = NEW.adjustment_id
           AND s.party_id = NEW.approved_by_person_id) THEN
        RAISE EXCEPTION 'nobody approves what concerns themselves'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_four_eyes';
    END IF;
    IF TG_OP = 'UPDATE'
       AND (OLD.adjustment_id, OLD.kind, OLD.case_id, OLD.work_order_id, OLD.outlet_id, OLD.month,
            OLD.currency, OLD.amount_minor, OLD.cause_reference, OLD.refunded_minor, OLD.evidence,
            OLD.reason, OLD.explanation, OLD.automatic, OLD.proposed_at, OLD.proposed_by_person_id)
         = (NEW.adjustment_id, NEW.kind, NEW.case_id, NEW.work_order_id, NEW.outlet_id, NEW.month,
            NEW.currency, NEW.amount_minor, NEW.cause_reference, NEW.refunded_minor, NEW.evidence,
            NEW.reason, NEW.explanation, NEW.automatic, NEW.proposed_at, NEW.proposed_by_person_id)
       AND (OLD.earning_id, OLD.holdback_id, OLD.rule_code, OLD.rule_version)
           IS NOT DISTINCT FROM
           (NEW.earning_id, NEW.holdback_id, NEW.rule_code, NEW.rule_version)
       AND (OLD.state, NEW.state) IN (
           ('proposed', 'approved'), ('proposed', 'rejected'), ('approved', 'posted'),
           ('approved', 'rejected'), ('posted', 'reversed'))
       AND (OLD.approved_by_person_id = NEW.approved_by_person_id OR OLD.state = 'proposed') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what an adjustment says is frozen; only its state moves on'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER adjustment_moves_on BEFORE INSERT OR UPDATE OR DELETE ON adjustment
    FOR EACH ROW EXECUTE FUNCTION check_adjustment();
CREATE TRIGGER adjustment_no_truncate BEFORE TRUNCATE ON adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION check_adjustment();

-- Shares are frozen too; only what became a debt is written down when it is posted.
CREATE FUNCTION check_adjustment_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.debt_minor = 0
       AND (OLD.adjustment_id, OLD.position, OLD.party_kind, OLD.party_id, OLD.amount_minor)
         = (NEW.adjustment_id, NEW.position, NEW.party_kind, NEW.party_id, NEW.amount_minor) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the shares of an adjustment are frozen' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER adjustment_share_frozen BEFORE UPDATE OR DELETE ON adjustment_share
    FOR EACH ROW EXECUTE FUNCTION check_adjustment_share();
CREATE TRIGGER adjustment_share_no_truncate BEFORE TRUNCATE ON adjustment_share
    FOR EACH STATEMENT EXECUTE FUNCTION check_adjustment_share();

CREATE FUNCTION check_adjustment_sums() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM adjustment a WHERE a.adjustment_id = NEW.adjustment_id
                    AND a.amount_minor = (SELECT sum(s.amount_minor) FROM adjustment_share s
                                           WHERE s.adjustment_id = a.adjustment_id)) THEN
        RAISE EXCEPTION 'the shares of adjustment % do not sum to its amount', NEW.adjustment_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adjustment_sums AFTER INSERT ON adjustment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_adjustment_sums();
CREATE CONSTRAINT TRIGGER adjustment_share_sums AFTER INSERT ON adjustment_share
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_adjustment_sums();

-- Claw-backs of an earning never take more of a party than its recorded share.
CREATE FUNCTION check_claw_backs() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM adjustment own
          JOIN adjustment a ON a.earning_id = own.earning_id AND a.kind = 'claw_back'
               AND a.state NOT IN ('rejected', 'reversed')
          JOIN adjustment_share s ON s.adjustment_id = a.adjustment_id
         WHERE own.adjustment_id = NEW.adjustment_id AND own.kind = 'claw_back'
         GROUP BY a.earning_id, s.party_kind, s.party_id
        HAVING -sum(s.amount_minor) > (
               SELECT coalesce(sum(e.amount_minor), 0) FROM earning_share e
                WHERE e.earning_id = a.earning_id AND e.party_kind = s.party_kind
                  AND e.party_id = s.party_id)
    ) THEN
        RAISE EXCEPTION 'claw-back % takes more of a party than its share', NEW.adjustment_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_within_share';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adjustment_within_share AFTER INSERT ON adjustment_share
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_claw_backs();
"""


def upgrade() -> None:
    op.execute(RULES)
    forbid_changes("adjustment_fact")
    op.execute(HOLDBACKS)
    op.execute(ADJUSTMENTS)
    forbid_changes("adjustment_change")
