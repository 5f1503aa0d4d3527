"""Days planned ahead: proposals, who is planned to go where and when, and what was pinned."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PROPOSALS = """
CREATE TABLE day_plan (
    day_plan_id text PRIMARY KEY,
    day date NOT NULL,
    region_code text NOT NULL,
    outlet_id text NOT NULL,
    team_id text NOT NULL,
    only_affected boolean NOT NULL,
    seed bigint NOT NULL,
    steps integer NOT NULL CHECK (steps >= 0),
    visit_count integer NOT NULL CHECK (visit_count >= 0),
    technician_count integer NOT NULL CHECK (technician_count >= 0),
    -- Unplaced by priority, the driving and the moved: of the greedy plan, and of the proposed one.
    greedy jsonb NOT NULL,
    proposed jsonb NOT NULL,
    proposed_at timestamptz NOT NULL,
    proposed_by_person_id text NOT NULL CHECK (proposed_by_person_id <> ''),
    discarded_at timestamptz,
    discarded_by_person_id text NOT NULL DEFAULT '',
    CHECK ((discarded_at IS NULL) = (discarded_by_person_id = ''))
);
CREATE INDEX ix_day_plan_day ON day_plan (day, day_plan_id);

CREATE TABLE day_plan_row (
    day_plan_id text NOT NULL REFERENCES day_plan,
    work_order_id text NOT NULL REFERENCES work_order,
    change text NOT NULL CHECK (change IN (
        'ASSIGN', 'MOVE', 'RETIME', 'UNASSIGN', 'UNCHANGED', 'UNPLACED', 'IMPOSSIBLE')),
    technician_id text NOT NULL,
    begins_at timestamptz,
    ends_at timestamptz,
    place_in_route integer,
    drive_seconds integer NOT NULL CHECK (drive_seconds >= 0),
    reason text NOT NULL,
    before_technician_id text NOT NULL,
    before_begins_at timestamptz,
    before_ends_at timestamptz,
    accepted_at timestamptz,
    accepted_by_person_id text NOT NULL DEFAULT '',
    PRIMARY KEY (day_plan_id, work_order_id),
    CHECK ((begins_at IS NULL) = (technician_id = '')),
    CHECK ((begins_at IS NULL) = (ends_at IS NULL)),
    CHECK ((accepted_at IS NULL) = (accepted_by_person_id = '')),
    CHECK (accepted_at IS NULL OR change IN ('ASSIGN', 'MOVE', 'RETIME', 'UNASSIGN'))
);

-- A proposal is as it was made; a row of it is accepted once.
CREATE FUNCTION check_day_plan_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.accepted_at IS NOT NULL
       OR to_jsonb(NEW) - '{accepted_at,accepted_by_person_id}'::text[]
          <> to_jsonb(OLD) - '{accepted_at,accepted_by_person_id}'::text[] THEN
        RAISE EXCEPTION 'a proposal is as it was made, and a row of it is accepted once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER day_plan_row_once BEFORE UPDATE OR DELETE ON day_plan_row
    FOR EACH ROW EXECUTE FUNCTION check_day_plan_row();
"""

PLANNED = """
CREATE TABLE planned_visit (
    work_order_id text PRIMARY KEY REFERENCES work_order,
    technician_id text NOT NULL REFERENCES technician,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    day_plan_id text NOT NULL REFERENCES day_plan,
    planned_at timestamptz NOT NULL,
    planned_by_person_id text NOT NULL CHECK (planned_by_person_id <> ''),
    pinned_at timestamptz,
    pinned_by_person_id text NOT NULL DEFAULT '',
    pin_reason text NOT NULL DEFAULT '',
    CHECK (begins_at < ends_at),
    CHECK ((pinned_at IS NULL) = (pinned_by_person_id = '')),
    -- Nobody is planned in two places at once.
    CONSTRAINT planned_visit_one_place EXCLUDE USING gist (
        technician_id WITH =, tstzrange(begins_at, ends_at) WITH &&)
);
CREATE INDEX ix_planned_visit_begins ON planned_visit (begins_at);

CREATE FUNCTION keep_pinned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.pinned_at IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.pinned_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the visit of work order % is pinned', OLD.work_order_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER planned_visit_pinned BEFORE UPDATE OF technician_id, begins_at, ends_at OR DELETE
    ON planned_visit FOR EACH ROW EXECUTE FUNCTION keep_pinned();

-- Who planned, pinned and unpinned what, and when. Append-only.
CREATE TABLE planned_visit_change (
    work_order_id text NOT NULL REFERENCES work_order,
    change_number bigint GENERATED ALWAYS AS IDENTITY,
    change text NOT NULL CHECK (change IN ('planned', 'unplanned', 'pinned', 'unpinned')),
    technician_id text NOT NULL,
    begins_at timestamptz,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by_person_id text NOT NULL CHECK (changed_by_person_id <> ''),
    PRIMARY KEY (work_order_id, change_number)
);

-- Whom a plan sent when candidates were ranked, and who came first by that.
ALTER TABLE dispatch_decision ADD COLUMN planned_technician_id text NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public")
    op.execute(PROPOSALS)
    op.execute(PLANNED)
    forbid_changes("planned_visit_change")
