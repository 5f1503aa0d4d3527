"""Technicians, work orders with their offers and changes, dispatch policies and decisions."""

from alembic import op

from kit.db.ddl import create_kit_tables, forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_kit_tables()
    op.execute(TECHNICIANS)
    op.execute(WORK_ORDERS)
    op.execute(OFFERS)
    op.execute(DISPATCH)
    for table in ("work_order_line", "work_order_change", "dispatch_policy", "dispatch_decision"):
        forbid_changes(table)


TECHNICIANS = """
CREATE TABLE technician (
    technician_id text PRIMARY KEY CHECK (technician_id <> ''),
    display_name text NOT NULL CHECK (display_name <> ''),
    outlet_id text NOT NULL,
    cooperation_mode text NOT NULL
        CHECK (cooperation_mode IN ('direct', 'franchise', 'key_account')),
    territory_codes text[] NOT NULL,
    home_longitude double precision CHECK (home_longitude BETWEEN -180 AND 180),
    home_latitude double precision CHECK (home_latitude BETWEEN -90 AND 90),
    daily_capacity integer NOT NULL CHECK (daily_capacity BETWEEN 0 AND 100),
    rating_hundredths integer NOT NULL
        CHECK (rating_hundredths = 0 OR rating_hundredths BETWEEN 100 AND 500),
    active boolean NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    CONSTRAINT technician_home_is_whole CHECK ((home_longitude IS NULL) = (home_latitude IS NULL))
);

CREATE TABLE technician_skill (
    technician_id text NOT NULL REFERENCES technician,
    skill_code text NOT NULL CHECK (skill_code ~ '^[a-z][a-z0-9_]*$'),
    level integer NOT NULL CHECK (level BETWEEN 1 AND 5),
    certificate_expires_at timestamptz,
    PRIMARY KEY (technician_id, skill_code)
);
CREATE INDEX ix_technician_skill_code ON technician_skill (skill_code);
"""

# What a state presupposes stands in the table too, so that no path can leave it out.
WORK_ORDERS = """
CREATE TABLE work_order (
    work_order_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision > 0),
    case_id text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('presale', 'install', 'aftersale')),
    title text NOT NULL CHECK (title <> ''),
    state text NOT NULL CHECK (state IN ('created', 'offered', 'accepted', 'scheduled',
        'in_progress', 'completed', 'accepted_by_customer', 'cancelled')),
    customer_id text NOT NULL CHECK (customer_id <> ''),
    address_id text NOT NULL,
    adcode text NOT NULL CHECK (adcode ~ '^[1-9][0-9]{5}$'),
    adcode_path text[] NOT NULL,
    zone_codes text[] NOT NULL,
    city_tier text NOT NULL,
    place_name text NOT NULL,
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    floor integer NOT NULL,
    notes text NOT NULL,
    quote_id text NOT NULL,
    required_skills text[] NOT NULL,
    priority integer NOT NULL CHECK (priority BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL,
    created_by_person_id text NOT NULL,
    window_start timestamptz,
    window_end timestamptz,
    checked_in_at timestamptz,
    check_in_reported_at timestamptz,
    check_in_longitude double precision CHECK (check_in_longitude BETWEEN -180 AND 180),
    check_in_latitude double precision CHECK (check_in_latitude BETWEEN -90 AND 90),
    check_in_coordinate_system text CHECK (check_in_coordinate_system IN ('GCJ-02', 'WGS-84')),
    completed_at timestamptz,
    completion_reported_at timestamptz,
    completion_summary text NOT NULL DEFAULT '',
    completion_code text NOT NULL CHECK (completion_code ~ '^[0-9]{6}$'),
    wrong_code_count integer NOT NULL DEFAULT 0 CHECK (wrong_code_count BETWEEN 0 AND 5),
    acceptance_recorded_at timestamptz,
    acceptance_comment text NOT NULL DEFAULT '',
    rating integer NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    cancel_reason text NOT NULL DEFAULT '',
    CONSTRAINT work_order_location_is_whole CHECK ((longitude IS NULL) = (latitude IS NULL)),
    CONSTRAINT work_order_window_is_whole CHECK ((window_start IS NULL) = (window_end IS NULL)),
    CONSTRAINT work_order_window_ends_after_start CHECK (window_end > window_start),
    CONSTRAINT work_order_check_in_location_is_whole CHECK ((check_in_longitude IS NULL) = (check_in_latitude IS NULL)
       AND (check_in_longitude IS NULL) = (check_in_coordinate_system IS NULL)),
    CONSTRAINT work_order_scheduled_has_window CHECK (window_start IS NOT NULL
        OR state IN ('created', 'offered', 'accepted', 'cancelled')),
    CONSTRAINT work_order_in_progress_was_checked_in CHECK (checked_in_at IS NOT NULL
        OR state NOT IN ('in_progress', 'completed', 'accepted_by_customer')),
    CONSTRAINT work_order_completed_has_time CHECK (completed_at IS NOT NULL
        OR state NOT IN ('completed', 'accepted_by_customer')),
    CONSTRAINT work_order_acceptance_has_time CHECK
        ((acceptance_recorded_at IS NOT NULL) = (state = 'accepted_by_customer')),
    CONSTRAINT work_order_cancelled_has_reason CHECK
        ((cancel_reason <> '') = (state = 'cancelled'))
);
CREATE INDEX ix_work_order_case ON work_order (case_id, work_order_id DESC);
CREATE INDEX ix_work_order_state ON work_order (state, work_order_id DESC);
CREATE INDEX ix_work_order_customer ON work_order (customer_id, work_order_id DESC);

CREATE FUNCTION refuse_revision_leap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'work order % must go from revision % to the next one, not to %',
        OLD.work_order_id, OLD.revision, NEW.revision USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER work_order_revision BEFORE UPDATE ON work_order FOR EACH ROW
    WHEN (NEW.revision IS DISTINCT FROM OLD.revision + 1)
    EXECUTE FUNCTION refuse_revision_leap();

CREATE TABLE work_order_line (
    work_order_id text NOT NULL REFERENCES work_order,
    line_number integer NOT NULL CHECK (line_number > 0),
    item_code text NOT NULL CHECK (item_code <> ''),
    name text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (work_order_id, line_number)
);

CREATE TABLE work_order_change (
    work_order_id text NOT NULL REFERENCES work_order,
    revision bigint NOT NULL CHECK (revision > 0),
    changed_at timestamptz NOT NULL,
    acting_person_id text NOT NULL,
    verb text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (work_order_id, revision)
);
"""

OFFERS = """
CREATE TABLE offer (
    offer_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    technician_id text NOT NULL REFERENCES technician,
    earning_id text NOT NULL CHECK (earning_id <> ''),
    earning_currency text NOT NULL CHECK (earning_currency ~ '^[A-Z]{3}$'),
    earning_minor bigint NOT NULL CHECK (earning_minor >= 0),
    offered_at timestamptz NOT NULL,
    offered_by_person_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('accepted', 'declined', 'expired', 'withdrawn')),
    outcome_at timestamptz,
    outcome_reason text NOT NULL DEFAULT '',
    outcome_by_person_id text,
    CONSTRAINT offer_expires_after_offered CHECK (expires_at > offered_at),
    CONSTRAINT offer_outcome_is_whole CHECK ((outcome IS NULL) = (outcome_at IS NULL)
       AND (outcome IS NULL) = (outcome_by_person_id IS NULL))
);
-- One offer lives at a time: open, or accepted.
CREATE UNIQUE INDEX offer_one_live ON offer (work_order_id)
    WHERE outcome IS NULL OR outcome = 'accepted';
CREATE INDEX ix_offer_technician ON offer (technician_id, work_order_id DESC);

-- History: an offer gets its outcome once, and is never changed or taken away otherwise.
CREATE FUNCTION refuse_offer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome IS NULL AND NEW.outcome IS NOT NULL
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
CREATE TRIGGER offer_settles_once BEFORE UPDATE OR DELETE ON offer
    FOR EACH ROW EXECUTE FUNCTION refuse_offer_change();
CREATE TRIGGER offer_no_truncate BEFORE TRUNCATE ON offer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_offer_change();
"""

DISPATCH = """
CREATE TABLE dispatch_policy (
    policy_version text PRIMARY KEY,
    effective_from timestamptz NOT NULL UNIQUE,
    distance_weight integer NOT NULL CHECK (distance_weight >= 0),
    load_weight integer NOT NULL CHECK (load_weight >= 0),
    skill_fit_weight integer NOT NULL CHECK (skill_fit_weight >= 0),
    rating_weight integer NOT NULL CHECK (rating_weight >= 0),
    road_factor_basis_points integer NOT NULL
        CHECK (road_factor_basis_points BETWEEN 10000 AND 50000),
    distance_limit_m integer NOT NULL CHECK (distance_limit_m > 0),
    unrated_rating_hundredths integer NOT NULL
        CHECK (unrated_rating_hundredths BETWEEN 100 AND 500),
    CONSTRAINT dispatch_policy_weights_are_whole
        CHECK (distance_weight + load_weight + skill_fit_weight + rating_weight = 10000)
);
INSERT INTO dispatch_policy VALUES
    ('default-1', '2020-01-01T00:00:00Z', 4000, 2500, 1500, 2000, 13000, 50000, 400);

CREATE TABLE dispatch_decision (
    decision_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    policy_version text NOT NULL REFERENCES dispatch_policy,
    decided_at timestamptz NOT NULL,
    decided_by_person_id text NOT NULL,
    excluded_technician_ids text[] NOT NULL,
    -- Every candidate that passed, best first, with raw values and scores.
    candidates jsonb NOT NULL CHECK (jsonb_typeof(candidates) = 'array'),
    -- How many technicians each hard rule kept out.
    excluded jsonb NOT NULL CHECK (jsonb_typeof(excluded) = 'object')
);
CREATE INDEX ix_dispatch_decision_work_order ON dispatch_decision (work_order_id);
"""
