"""Appointments: slots with capacity and who holds them; maintenance plans and their visits."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(CALENDARS)
    op.execute(SLOTS)
    op.execute(APPOINTMENTS)
    op.execute(MAINTENANCE)
    for table in (
        "slot_calendar",
        "slot_template",
        "slot_override",
        "appointment_change",
        "maintenance_plan_line",
        "maintenance_plan_change",
    ):
        forbid_changes(table)


# What is said is never changed: of two versions with the same first day the one said later counts.
CALENDARS = """
CREATE TABLE slot_calendar (
    calendar_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot_calendar_id text NOT NULL UNIQUE,
    territory_code text NOT NULL CHECK (territory_code <> ''),
    service_kind text NOT NULL CHECK (service_kind ~ '^[a-z][a-z0-9_]*$'),
    effective_from date NOT NULL,
    opens_days_before integer NOT NULL CHECK (opens_days_before BETWEEN 1 AND 366),
    closes_minutes_before integer NOT NULL CHECK (closes_minutes_before BETWEEN 0 AND 43200),
    hold_minutes integer NOT NULL CHECK (hold_minutes BETWEEN 1 AND 10080),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
);
CREATE INDEX ix_slot_calendar_in_force ON slot_calendar
    (territory_code, service_kind, effective_from DESC, calendar_number DESC);

CREATE TABLE slot_template (
    calendar_number bigint NOT NULL REFERENCES slot_calendar,
    weekday integer NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_minute integer NOT NULL CHECK (start_minute >= 0),
    end_minute integer NOT NULL CHECK (end_minute <= 1440),
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 10000),
    PRIMARY KEY (calendar_number, weekday, start_minute),
    CONSTRAINT slot_template_ends_after_start CHECK (end_minute > start_minute),
    -- Minutes of a week, each calendar's in a stretch of its own.
    CONSTRAINT slot_template_overlap EXCLUDE USING gist (
        int8range(calendar_number * 20000 + weekday * 1440 + start_minute,
                  calendar_number * 20000 + weekday * 1440 + end_minute) WITH &&)
);

CREATE TABLE slot_override (
    override_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot_override_id text NOT NULL UNIQUE,
    territory_code text NOT NULL CHECK (territory_code <> ''),
    -- Empty: every kind.
    service_kind text NOT NULL CHECK (service_kind ~ '^([a-z][a-z0-9_]*)?$'),
    day date NOT NULL,
    -- Null: the whole day.
    start_minute integer CHECK (start_minute BETWEEN 0 AND 1439),
    kind text NOT NULL CHECK (kind IN ('closed', 'open', 'withdrawn')),
    extra_capacity integer NOT NULL CHECK (extra_capacity BETWEEN -10000 AND 10000),
    reason text NOT NULL CHECK (reason <> ''),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    CONSTRAINT slot_override_adds_where_open CHECK (kind = 'open' OR extra_capacity = 0)
);
CREATE INDEX ix_slot_override_day ON slot_override (day, territory_code);
"""

# The counter is kept by the database alone, so that it says what the reservations say, whoever writes
# them. It never rises above the capacity; a capacity that is lowered below it leaves it where it is.
SLOTS = """
CREATE TABLE slot (
    territory_code text NOT NULL,
    service_kind text NOT NULL,
    window_start timestamptz NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    PRIMARY KEY (territory_code, service_kind, window_start)
);

CREATE FUNCTION refuse_more_than_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'slot % % % takes no more than %', NEW.territory_code, NEW.service_kind,
        NEW.window_start, NEW.capacity USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER slot_within_capacity BEFORE UPDATE ON slot FOR EACH ROW
    WHEN (NEW.taken > OLD.taken AND NEW.taken > NEW.capacity)
    EXECUTE FUNCTION refuse_more_than_capacity();
CREATE TRIGGER slot_begins_within_capacity BEFORE INSERT ON slot FOR EACH ROW
    WHEN (NEW.taken > NEW.capacity)
    EXECUTE FUNCTION refuse_more_than_capacity();

CREATE TABLE slot_reservation (
    reservation_id text PRIMARY KEY,
    case_id text NOT NULL CHECK (case_id <> ''),
    work_order_id text REFERENCES work_order,
    customer_id text NOT NULL CHECK (customer_id <> ''),
    place_codes text[] NOT NULL CHECK (cardinality(place_codes) > 0),
    territory_code text NOT NULL,
    service_kind text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'expired')),
    reserved_at timestamptz NOT NULL,
    reserved_by_person_id text NOT NULL CHECK (reserved_by_person_id <> ''),
    expires_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    confirmed_by_person_id text,
    ended_at timestamptz,
    ended_by_person_id text,
    end_reason text NOT NULL DEFAULT '',
    FOREIGN KEY (territory_code, service_kind, window_start) REFERENCES slot,
    CONSTRAINT slot_reservation_window_ends_after_start CHECK (window_end > window_start),
    CONSTRAINT slot_reservation_expires_after_reserved CHECK (expires_at > reserved_at),
    CONSTRAINT slot_reservation_confirmation_is_whole CHECK
        ((confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)),
    CONSTRAINT slot_reservation_confirmed_has_time CHECK
        (confirmed_at IS NOT NULL OR state <> 'confirmed'),
    CONSTRAINT slot_reservation_end_is_whole CHECK
        ((ended_at IS NULL) = (ended_by_person_id IS NULL)
         AND (ended_at IS NULL) = (state IN ('held', 'confirmed')))
);
-- A work order has one slot at a time, and so has a case for what has no work order yet.
CREATE UNIQUE INDEX slot_reservation_one_of_work_order ON slot_reservation (work_order_id)
    WHERE state IN ('held', 'confirmed') AND work_order_id IS NOT NULL;
CREATE UNIQUE INDEX slot_reservation_one_of_case ON slot_reservation (case_id)
    WHERE state IN ('held', 'confirmed') AND work_order_id IS NULL;
CREATE INDEX ix_slot_reservation_slot ON slot_reservation
    (territory_code, service_kind, window_start, state, expires_at);
CREATE INDEX ix_slot_reservation_expiry ON slot_reservation (expires_at) WHERE state = 'held';
CREATE INDEX ix_slot_reservation_case ON slot_reservation (case_id, reservation_id DESC);
CREATE INDEX ix_slot_reservation_work_order ON slot_reservation (work_order_id, reservation_id DESC);

CREATE FUNCTION refuse_reservation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND (NEW.reservation_id, NEW.case_id, NEW.customer_id, NEW.place_codes, NEW.territory_code,
            NEW.service_kind, NEW.window_start, NEW.window_end, NEW.reserved_at,
            NEW.reserved_by_person_id, NEW.expires_at)
         = (OLD.reservation_id, OLD.case_id, OLD.customer_id, OLD.place_codes, OLD.territory_code,
            OLD.service_kind, OLD.window_start, OLD.window_end, OLD.reserved_at,
            OLD.reserved_by_person_id, OLD.expires_at)
       AND (OLD.work_order_id IS NULL OR NEW.work_order_id = OLD.work_order_id)
       AND (OLD.state, NEW.state) IN (('held', 'confirmed'), ('held', 'released'),
            ('held', 'expired'), ('confirmed', 'confirmed'), ('confirmed', 'released')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a reservation is confirmed once and ends once, and is never changed otherwise'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER slot_reservation_life BEFORE UPDATE OR DELETE ON slot_reservation
    FOR EACH ROW EXECUTE FUNCTION refuse_reservation_change();
CREATE TRIGGER slot_reservation_no_truncate BEFORE TRUNCATE ON slot_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_reservation_change();

CREATE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE slot SET taken = taken + CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
     WHERE (territory_code, service_kind, window_start)
         = (NEW.territory_code, NEW.service_kind, NEW.window_start);
    RETURN NULL;
END $$;
CREATE TRIGGER slot_reservation_begins AFTER INSERT ON slot_reservation FOR EACH ROW
    WHEN (NEW.state IN ('held', 'confirmed')) EXECUTE FUNCTION count_reservation();
CREATE TRIGGER slot_reservation_ends AFTER UPDATE ON slot_reservation FOR EACH ROW
    WHEN (OLD.state IN ('held', 'confirmed') AND NEW.state IN ('released', 'expired'))
    EXECUTE FUNCTION count_reservation();
"""

# The window itself stands on the work order alone; here is how it came to be.
APPOINTMENTS = """
CREATE TABLE appointment_change (
    work_order_id text NOT NULL REFERENCES work_order,
    change_number integer NOT NULL CHECK (change_number > 0),
    kind text NOT NULL CHECK (kind IN
        ('agreed', 'rescheduled', 'customer_confirmed', 'customer_asked', 'slot_released')),
    changed_at timestamptz NOT NULL,
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    from_start timestamptz,
    from_end timestamptz,
    to_start timestamptz,
    to_end timestamptz,
    reservation_id text REFERENCES slot_reservation,
    reason_code text NOT NULL,
    reason text NOT NULL,
    blamed_party text NOT NULL,
    PRIMARY KEY (work_order_id, change_number),
    CONSTRAINT appointment_change_from_is_whole CHECK ((from_start IS NULL) = (from_end IS NULL)),
    CONSTRAINT appointment_change_to_is_whole CHECK ((to_start IS NULL) = (to_end IS NULL)),
    CONSTRAINT appointment_change_agrees_on_something CHECK
        (to_start IS NOT NULL OR kind IN ('customer_asked', 'slot_released')),
    CONSTRAINT appointment_change_moves_something CHECK
        (kind <> 'rescheduled' OR from_start IS NOT NULL)
);
"""

MAINTENANCE = """
CREATE TABLE maintenance_plan (
    plan_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision > 0),
    state text NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
    title text NOT NULL CHECK (title <> ''),
    contract_number text NOT NULL,
    customer_id text NOT NULL CHECK (customer_id <> ''),
    address_id text NOT NULL,
    asset_id text NOT NULL,
    adcode text NOT NULL CHECK (adcode ~ '^[1-9][0-9]{5}$'),
    adcode_path text[] NOT NULL,
    zone_codes text[] NOT NULL,
    flow_code text NOT NULL CHECK (flow_code <> ''),
    -- What every visit's case is started with, and which of its inputs are facts of the visit.
    flow_inputs jsonb NOT NULL CHECK (jsonb_typeof(flow_inputs) = 'object'),
    visit_inputs jsonb NOT NULL CHECK (jsonb_typeof(visit_inputs) = 'object'),
    every integer NOT NULL CHECK (every BETWEEN 1 AND 1000),
    unit text NOT NULL CHECK (unit IN ('day', 'week', 'month')),
    first_visit_on date NOT NULL,
    window_days integer NOT NULL CHECK (window_days BETWEEN 1 AND 366),
    season_months integer[] NOT NULL CHECK (season_months <@ ARRAY[1,2,3,4,5,6,7,8,9,10,11,12]),
    ends_on date,
    visit_count integer CHECK (visit_count > 0),
    lead_days integer NOT NULL CHECK (lead_days BETWEEN 0 AND 366),
    -- The next visit, by its place in the recurrence and its day; null: none is left.
    next_occurrence integer CHECK (next_occurrence >= 0),
    next_visit_on date,
    claimed_count integer NOT NULL CHECK (claimed_count >= 0),
    created_at timestamptz NOT NULL,
    created_by_person_id text NOT NULL CHECK (created_by_person_id <> ''),
    CONSTRAINT maintenance_plan_next_is_whole CHECK
        ((next_occurrence IS NULL) = (next_visit_on IS NULL)),
    CONSTRAINT maintenance_plan_goes_on_while_there_is_a_next CHECK
        ((state = 'ended') = (next_occurrence IS NULL)),
    CONSTRAINT maintenance_plan_within_contract CHECK (claimed_count <= visit_count),
    CONSTRAINT maintenance_plan_within_term CHECK (next_visit_on <= ends_on)
);
CREATE INDEX ix_maintenance_plan_due ON maintenance_plan ((next_visit_on - lead_days))
    WHERE state = 'active';
CREATE INDEX ix_maintenance_plan_customer ON maintenance_plan (customer_id, plan_id DESC);

CREATE TABLE maintenance_plan_line (
    plan_id text NOT NULL REFERENCES maintenance_plan,
    line_number integer NOT NULL CHECK (line_number > 0),
    item_code text NOT NULL CHECK (item_code <> ''),
    name text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (plan_id, line_number)
);

CREATE TABLE maintenance_plan_change (
    plan_id text NOT NULL REFERENCES maintenance_plan,
    revision bigint NOT NULL CHECK (revision > 0),
    verb text NOT NULL CHECK (verb IN ('create', 'pause', 'resume', 'end', 'claim')),
    changed_at timestamptz NOT NULL,
    acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
    reason text NOT NULL,
    PRIMARY KEY (plan_id, revision)
);

CREATE TABLE maintenance_visit (
    visit_id text PRIMARY KEY,
    plan_id text NOT NULL REFERENCES maintenance_plan,
    -- Each visit of a recurrence comes once.
    occurrence integer NOT NULL CHECK (occurrence >= 0),
    visit_number integer NOT NULL CHECK (visit_number > 0),
    due_on date NOT NULL,
    last_day date NOT NULL,
    state text NOT NULL CHECK (state IN ('due', 'started', 'skipped')),
    claimed_at timestamptz NOT NULL,
    case_id text,
    started_at timestamptz,
    -- Why its case could not be started the last time it was tried, and how often it was.
    fault text NOT NULL DEFAULT '',
    fault_at timestamptz,
    fault_count integer NOT NULL DEFAULT 0 CHECK (fault_count >= 0),
    skipped_at timestamptz,
    skipped_by_person_id text,
    skip_reason text NOT NULL DEFAULT '',
    UNIQUE (plan_id, occurrence),
    UNIQUE (plan_id, visit_number),
    CONSTRAINT maintenance_visit_window_is_forward CHECK (last_day >= due_on),
    CONSTRAINT maintenance_visit_started_has_case CHECK
        ((state = 'started') = (case_id IS NOT NULL)
         AND (case_id IS NULL) = (started_at IS NULL)),
    CONSTRAINT maintenance_visit_skipped_has_reason CHECK
        ((state = 'skipped') = (skipped_at IS NOT NULL)
         AND (skipped_at IS NULL) = (skipped_by_person_id IS NULL)
         AND (skipped_at IS NULL) = (skip_reason = ''))
);
CREATE UNIQUE INDEX maintenance_visit_one_of_case ON maintenance_visit (case_id);
CREATE INDEX ix_maintenance_visit_due ON maintenance_visit (due_on, visit_id)
    WHERE state = 'due';
CREATE INDEX ix_maintenance_visit_day ON maintenance_visit (due_on, visit_id);
"""
