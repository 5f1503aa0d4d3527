"""Work orders: where they come from, what they are found by, who shares them, what they follow from."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statements in (TEMPLATES, INTAKE, ORDERS, WHAT_IS_THERE, FINDING, OFFERS, HAND_OVERS, WORK):
        op.execute(statements)
    for table in ("work_order_template", "intake_rules"):
        forbid_changes(table)


TEMPLATES = """
CREATE TABLE work_order_template (
    template_code text NOT NULL CHECK (template_code ~ '^[a-z][a-z0-9_]{0,63}$'),
    template_version integer NOT NULL CHECK (template_version > 0),
    label text NOT NULL CHECK (label <> ''),
    label_en text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('presale', 'install', 'aftersale')),
    retired boolean NOT NULL,
    -- What a work order made from it begins with, and what has to be said of it.
    presets jsonb NOT NULL CHECK (jsonb_typeof(presets) = 'object'),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    PRIMARY KEY (template_code, template_version)
);
"""

INTAKE = """
CREATE TABLE intake_rules (
    rules_version integer PRIMARY KEY CHECK (rules_version > 0),
    -- In the order in which they are tried.
    rules jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'array'),
    reason text NOT NULL CHECK (reason <> ''),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
);
"""

ORDERS = """
-- Nobody, or two and more, each once, whose shares are the whole; the first of them leads.
CREATE FUNCTION is_crew(crew jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(crew) <> 'array' THEN false ELSE crew = '[]' OR (
        SELECT count(*) >= 2 AND count(DISTINCT technician_id) = count(*)
            AND sum(share_basis_points) = 10000 AND min(share_basis_points) >= 0
            AND bool_and(technician_id <> '') AND count(share_basis_points) = count(*)
        FROM jsonb_to_recordset(crew) AS one (technician_id text, share_basis_points integer)
    ) END
$$;
ALTER TABLE work_order
    ADD COLUMN source text NOT NULL DEFAULT 'case' CHECK (source IN
        ('case', 'wecom', 'scan', 'shop', 'keyword', 'form', 'import')),
    ADD COLUMN source_ref text NOT NULL DEFAULT '',
    ADD COLUMN asset_id text NOT NULL DEFAULT '',
    ADD COLUMN in_warranty boolean NOT NULL DEFAULT false,
    ADD COLUMN customer_level text NOT NULL DEFAULT '',
    ADD COLUMN team_id text NOT NULL DEFAULT '',
    ADD COLUMN outlet_id text NOT NULL DEFAULT '',
    ADD COLUMN parent_work_order_id text REFERENCES work_order,
    ADD COLUMN link_kind text CHECK (link_kind IN ('second_visit', 'rework', 'part_of')),
    ADD COLUMN link_reason text NOT NULL DEFAULT '',
    ADD COLUMN blamed_party text NOT NULL DEFAULT ''
        CHECK (blamed_party IN ('', 'customer', 'technician', 'outlet', 'company', 'nobody')),
    ADD COLUMN template_code text,
    ADD COLUMN template_version integer,
    ADD COLUMN checklist_code text NOT NULL DEFAULT '',
    -- By which rule, or by whom; why.
    ADD COLUMN priority_rule text NOT NULL DEFAULT '',
    ADD COLUMN priority_by_person_id text NOT NULL DEFAULT '',
    ADD COLUMN priority_reason text NOT NULL DEFAULT '',
    ADD COLUMN due_at timestamptz,
    -- Since when it is in its state, and when somebody first took it.
    ADD COLUMN state_since timestamptz,
    ADD COLUMN responded_at timestamptz,
    ADD COLUMN crew jsonb NOT NULL DEFAULT '[]'
        CONSTRAINT work_order_crew_is_whole CHECK (is_crew(crew)),
    ADD COLUMN cancel_code text NOT NULL DEFAULT '',
    ADD COLUMN search_text text NOT NULL DEFAULT '',
    ADD COLUMN terms text[] NOT NULL DEFAULT '{}',
    ADD FOREIGN KEY (template_code, template_version) REFERENCES work_order_template,
    ADD CONSTRAINT work_order_template_is_whole
        CHECK ((template_code IS NULL) = (template_version IS NULL)),
    ADD CONSTRAINT work_order_link_is_whole CHECK ((parent_work_order_id IS NULL)
        = (link_kind IS NULL) AND (link_kind IS NULL) = (link_reason = '')),
    ADD CONSTRAINT work_order_rework_has_blamed CHECK (blamed_party <> '' OR link_kind IS NULL
        OR link_kind = 'part_of'),
    ADD CONSTRAINT work_order_follows_another CHECK (parent_work_order_id <> work_order_id),
    ADD CONSTRAINT work_order_priority_of_one
        CHECK (priority_rule = '' OR priority_by_person_id = ''),
    ADD CONSTRAINT work_order_crew_of_taken CHECK (crew = '[]' OR state IN
        ('accepted', 'scheduled', 'in_progress', 'completed', 'accepted_by_customer', 'cancelled'));
-- One shop order, message or scan makes one work order.
CREATE UNIQUE INDEX work_order_source_once ON work_order (source, source_ref)
    WHERE source_ref <> '';
CREATE INDEX ix_work_order_parent ON work_order (parent_work_order_id)
    WHERE parent_work_order_id IS NOT NULL;

ALTER TABLE work_order_line
    ADD COLUMN catalogue text NOT NULL DEFAULT ''
        CHECK (catalogue IN ('', 'project_library', 'spare_part_library'));
ALTER TABLE work_order_change
    ADD COLUMN reason_code text NOT NULL DEFAULT '',
    -- What it changed beside the state, by name.
    ADD COLUMN details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object');
"""

# What stood there before this migration, as the service would have written it.
WHAT_IS_THERE = """
ALTER TABLE work_order DISABLE TRIGGER work_order_revision;
UPDATE work_order SET
    state_since = coalesce((
        SELECT max(changed_at) FROM work_order_change AS change
        WHERE change.work_order_id = work_order.work_order_id
          AND change.from_state IS DISTINCT FROM change.to_state), created_at),
    responded_at = (
        SELECT min(changed_at) FROM work_order_change AS change
        WHERE change.work_order_id = work_order.work_order_id AND change.verb = 'accept'),
    search_text = lower(normalize(concat_ws(E'\\n', title, (
        SELECT string_agg(name, E'\\n' ORDER BY line_number) FROM work_order_line AS line
        WHERE line.work_order_id = work_order.work_order_id), place_name), NFKC));
UPDATE work_order SET terms = ARRAY(
    SELECT 'at:' || code FROM unnest(adcode_path || zone_codes || adcode) AS code
    UNION SELECT 'customer:' || customer_id
    UNION SELECT 'state:' || state
    UNION SELECT 'stage:' || stage
    UNION SELECT 'id:' || id FROM unnest(ARRAY[work_order_id, case_id, customer_id,
        right(work_order_id, 8), right(case_id, 8), right(customer_id, 8)]) AS id WHERE id <> ''
    UNION SELECT 'item:' || item_code FROM work_order_line AS line
        WHERE line.work_order_id = work_order.work_order_id
    UNION SELECT 'technician:' || technician_id FROM offer
        WHERE offer.work_order_id = work_order.work_order_id
          AND (outcome IS NULL OR outcome = 'accepted')
    UNION SELECT 'word:' || substr(part, at, width)
        FROM regexp_split_to_table(search_text, '[^0-9a-z一-鿿]+') AS part,
             generate_series(1, length(part)) AS at, generate_series(1, 2) AS width
        WHERE part <> '' AND at + width - 1 <= length(part)
);
ALTER TABLE work_order ENABLE TRIGGER work_order_revision;
ALTER TABLE work_order ALTER COLUMN state_since SET NOT NULL;
"""

# Terms answer any combination of what is rare (docs/decisions/0022); what many share is compared by
# column, along an index in the order of the list. Boards count what is open, and what was closed in
# some days, from indexes that hold all they group by.
FINDING = """
CREATE INDEX ix_work_order_terms ON work_order USING gin (terms) WITH (fastupdate = off);
CREATE INDEX ix_work_order_priority ON work_order (priority, work_order_id)
    WHERE state NOT IN ('accepted_by_customer', 'cancelled');
CREATE INDEX ix_work_order_due ON work_order (due_at, work_order_id)
    WHERE due_at IS NOT NULL AND state NOT IN ('accepted_by_customer', 'cancelled');
CREATE INDEX ix_work_order_window ON work_order (window_start, work_order_id)
    WHERE window_start IS NOT NULL;
CREATE INDEX ix_work_order_created ON work_order (created_at) INCLUDE (adcode, stage);
CREATE INDEX ix_work_order_done ON work_order (completed_at)
    INCLUDE (adcode, outlet_id, team_id, stage, created_at, responded_at, checked_in_at, rating,
        link_kind)
    WHERE state IN ('completed', 'accepted_by_customer');
CREATE INDEX ix_work_order_open ON work_order (state, state_since)
    INCLUDE (adcode, outlet_id, team_id, stage, due_at, created_at, work_order_id)
    WHERE state NOT IN ('accepted_by_customer', 'cancelled');
CREATE INDEX ix_work_order_closed ON work_order (state_since)
    INCLUDE (state, adcode, outlet_id, team_id, stage, due_at, created_at)
    WHERE state IN ('accepted_by_customer', 'cancelled');
"""

# Who had accepted may be released from the work, which makes the offer one that is over.
OFFERS = """
ALTER TABLE offer DROP CONSTRAINT offer_outcome_check;
ALTER TABLE offer ADD CONSTRAINT offer_outcome_check CHECK (outcome IN
    ('accepted', 'declined', 'expired', 'withdrawn', 'released'));
CREATE OR REPLACE FUNCTION refuse_offer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND ((OLD.outcome IS NULL AND NEW.outcome IS NOT NULL AND NEW.outcome <> 'released')
            OR (OLD.outcome = 'accepted' AND NEW.outcome = 'released'))
       AND (NEW.offer_id, NEW.work_order_id, NEW.technician_id, NEW.earning_id,
            NEW.earning_currency, NEW.earning_minor, NEW.offered_at, NEW.offered_by_person_id,
            NEW.expires_at)
         = (OLD.offer_id, OLD.work_order_id, OLD.technician_id, OLD.earning_id,
            OLD.earning_currency, OLD.earning_minor, OLD.offered_at, OLD.offered_by_person_id,
            OLD.expires_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an offer gets its outcome once and is never changed otherwise'
        USING ERRCODE = 'restrict_violation';
END $$;
"""

HAND_OVERS = """
CREATE TABLE team_hand_over (
    hand_over_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    from_team_id text NOT NULL,
    to_team_id text NOT NULL CHECK (to_team_id <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    asked_at timestamptz NOT NULL,
    asked_by_person_id text NOT NULL CHECK (asked_by_person_id <> ''),
    answer text CHECK (answer IN ('accepted', 'sent_back', 'withdrawn')),
    answered_at timestamptz,
    answered_by_person_id text,
    answer_reason text NOT NULL DEFAULT '',
    CONSTRAINT team_hand_over_to_another CHECK (from_team_id <> to_team_id),
    CONSTRAINT team_hand_over_answer_is_whole CHECK ((answer IS NULL) = (answered_at IS NULL)
        AND (answer IS NULL) = (answered_by_person_id IS NULL)),
    CONSTRAINT team_hand_over_sent_back_has_reason
        CHECK (answer IS DISTINCT FROM 'sent_back' OR answer_reason <> '')
);
-- To one team at a time.
CREATE UNIQUE INDEX team_hand_over_one_open ON team_hand_over (work_order_id)
    WHERE answer IS NULL;
CREATE INDEX ix_team_hand_over_waiting ON team_hand_over (to_team_id, hand_over_id)
    WHERE answer IS NULL;
CREATE INDEX ix_team_hand_over_work_order ON team_hand_over (work_order_id, hand_over_id);

CREATE FUNCTION refuse_hand_over_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answering text[] := ARRAY['answer', 'answered_at', 'answered_by_person_id', 'answer_reason'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.answer IS NULL AND NEW.answer IS NOT NULL
       AND to_jsonb(NEW) - answering = to_jsonb(OLD) - answering THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a hand-over is answered once and never changed otherwise'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER team_hand_over_answered_once BEFORE UPDATE OR DELETE ON team_hand_over
    FOR EACH ROW EXECUTE FUNCTION refuse_hand_over_change();
"""

# Kept in the transactions of the work orders themselves: what each technician did on a day in
# Shanghai, of which item (that of the first line), and what became of it later.
WORK = """
CREATE TABLE technician_day (
    technician_id text NOT NULL,
    day date NOT NULL,
    item_code text NOT NULL,
    orders_done integer NOT NULL DEFAULT 0,
    second_visits integer NOT NULL DEFAULT 0 CHECK (second_visits >= 0),
    reworks integer NOT NULL DEFAULT 0 CHECK (reworks >= 0),
    ratings_sum integer NOT NULL DEFAULT 0,
    ratings_count integer NOT NULL DEFAULT 0,
    PRIMARY KEY (technician_id, day, item_code),
    CONSTRAINT technician_day_ratings_are_stars
        CHECK (ratings_sum BETWEEN ratings_count AND 5 * ratings_count)
);
CREATE INDEX ix_technician_day ON technician_day (day);

-- Of the 180 days that end with this one.
CREATE FUNCTION technician_performance(last_day date) RETURNS TABLE (
    technician_id text, orders_done bigint, second_visits bigint, reworks bigint,
    ratings_sum bigint, ratings_count bigint
) LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT technician_id, sum(orders_done), sum(second_visits), sum(reworks),
           sum(ratings_sum), sum(ratings_count)
    FROM technician_day
    WHERE day > last_day - 180 AND day <= last_day
    GROUP BY technician_id
$$;
INSERT INTO technician_day (technician_id, day, item_code, orders_done, ratings_sum, ratings_count)
SELECT offer.technician_id, (completed_at AT TIME ZONE 'Asia/Shanghai')::date,
       coalesce((SELECT item_code FROM work_order_line AS line
                 WHERE line.work_order_id = work_order.work_order_id
                 ORDER BY line_number LIMIT 1), ''),
       count(*), sum(rating), count(*) FILTER (WHERE rating > 0)
FROM work_order JOIN offer USING (work_order_id)
WHERE completed_at IS NOT NULL AND outcome = 'accepted'
  AND state IN ('completed', 'accepted_by_customer')
GROUP BY 1, 2, 3;
"""
