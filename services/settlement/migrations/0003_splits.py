"""Listed changes of earnings: revisions, each with its lines and what becomes of every share."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REVISIONS = """
CREATE TABLE earning_revision (
    earning_id text NOT NULL REFERENCES earning,
    revision_number integer NOT NULL CHECK (revision_number >= 1),
    change_kind text NOT NULL CHECK (change_kind IN (
        'scope_change', 'approved_extra', 'fee_event', 'parts_cost', 'rework', 'refund',
        'dispute_outcome', 'crew')),
    evidence_reference text NOT NULL CHECK (evidence_reference <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    previous_total_minor bigint NOT NULL,
    new_total_minor bigint NOT NULL,
    previous_settlement_total_minor bigint NOT NULL,
    new_settlement_total_minor bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    PRIMARY KEY (earning_id, revision_number),
    -- What happened once changes an earning once.
    CONSTRAINT earning_revision_once UNIQUE (earning_id, change_kind, evidence_reference)
);

CREATE TABLE earning_share_revision (
    earning_id text NOT NULL,
    revision_number integer NOT NULL,
    position integer NOT NULL,
    previous_minor bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    commission_minor bigint NOT NULL,
    exact_parts bigint NOT NULL,
    leg text NOT NULL,
    PRIMARY KEY (earning_id, revision_number, position),
    FOREIGN KEY (earning_id, revision_number) REFERENCES earning_revision,
    FOREIGN KEY (earning_id, position) REFERENCES earning_share
);

-- Revisions follow one another without a gap, from where the earning stands, while nothing of it
-- belongs to anybody yet.
CREATE FUNCTION check_earning_revision() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    standing earning%ROWTYPE;
BEGIN
    SELECT * INTO standing FROM earning WHERE earning_id = NEW.earning_id FOR UPDATE;
    IF standing.state NOT IN ('estimated', 'locked') THEN
        RAISE EXCEPTION 'earning % is %; it is changed no more', NEW.earning_id, standing.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'earning_revision_in_time';
    END IF;
    IF NEW.revision_number <> 1 + (SELECT count(*) FROM earning_revision r
                                    WHERE r.earning_id = NEW.earning_id)
       OR (NEW.previous_total_minor, NEW.previous_settlement_total_minor)
       <> (standing.total_minor, standing.settlement_total_minor) THEN
        RAISE EXCEPTION 'a revision of % does not follow from where it stands', NEW.earning_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'earning_revision_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER earning_revision_follows BEFORE INSERT ON earning_revision
    FOR EACH ROW EXECUTE FUNCTION check_earning_revision();

-- Totals are the database's: they move by what the lines of a revision add up to.
CREATE FUNCTION add_revision_lines() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE earning e
       SET total_minor = e.total_minor + a.own, settlement_total_minor = e.settlement_total_minor + a.whole
      FROM (SELECT earning_id, sum(amount_minor) AS own, sum(settlement_amount_minor) AS whole
              FROM added WHERE revision_number > 0 GROUP BY earning_id) a
     WHERE e.earning_id = a.earning_id;
    RETURN NULL;
END $$;
CREATE TRIGGER earning_line_adds AFTER INSERT ON earning_line REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION add_revision_lines();

CREATE FUNCTION move_share() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE earning_share s
       SET amount_minor = NEW.amount_minor, commission_minor = NEW.commission_minor,
           exact_parts = NEW.exact_parts, leg = NEW.leg
     WHERE s.earning_id = NEW.earning_id AND s.position = NEW.position
       AND s.amount_minor = NEW.previous_minor;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'share % of % does not stand at %', NEW.position, NEW.earning_id,
            NEW.previous_minor USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER earning_share_moves AFTER INSERT ON earning_share_revision
    FOR EACH ROW EXECUTE FUNCTION move_share();

CREATE FUNCTION refuse_to_touch_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'earning_share is append-only; a share moves by a revision of its earning'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER earning_share_frozen BEFORE UPDATE ON earning_share
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_to_touch_share();
CREATE TRIGGER earning_share_whose_frozen
    BEFORE UPDATE OF earning_id, position, party_kind, party_id OR DELETE ON earning_share
    FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_share();
CREATE TRIGGER earning_share_no_truncate BEFORE TRUNCATE ON earning_share
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_share();

-- By the end of its transaction a revision is what its lines add, and the shares are the whole.
CREATE FUNCTION check_revision_sums() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF (NEW.new_total_minor - NEW.previous_total_minor,
        NEW.new_settlement_total_minor - NEW.previous_settlement_total_minor)
       IS DISTINCT FROM (
        SELECT (sum(l.amount_minor)::bigint, sum(l.settlement_amount_minor)::bigint)
          FROM earning_line l WHERE l.earning_id = NEW.earning_id
           AND l.revision_number = NEW.revision_number)
    THEN
        RAISE EXCEPTION 'lines of revision % of % do not sum to what it changes',
            NEW.revision_number, NEW.earning_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER earning_revision_sums AFTER INSERT ON earning_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_revision_sums();
CREATE CONSTRAINT TRIGGER earning_share_revision_sums AFTER INSERT ON earning_share_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_promise_sums();
"""


def upgrade() -> None:
    op.execute(REVISIONS)
    forbid_changes("earning_revision")
    forbid_changes("earning_share_revision")
