"""Who and what work is done with: technicians' hours and absences, outlets, teams, exclusions, assets."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for statements in (TECHNICIANS, OUTLETS, TEAMS, RULES, ASSETS, WARRANTIES, CODES, GUIDES):
        op.execute(statements)
    forbid_changes("asset_move")


TECHNICIANS = """
-- Stretches of a week in Shanghai that lie within their day and do not overlap.
CREATE FUNCTION are_working_hours(hours jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(hours) <> 'array' THEN false ELSE NOT EXISTS (
        WITH stretch AS (
            SELECT *, row_number() OVER () AS place
            FROM jsonb_to_recordset(hours)
                AS one (weekday integer, start_minute integer, end_minute integer)
        )
        SELECT 1 FROM stretch
        WHERE (weekday BETWEEN 1 AND 7 AND 0 <= start_minute AND start_minute < end_minute
            AND end_minute <= 1440) IS NOT TRUE
        UNION ALL
        SELECT 1 FROM stretch AS a JOIN stretch AS b ON a.weekday = b.weekday AND a.place < b.place
        WHERE a.start_minute < b.end_minute AND b.start_minute < a.end_minute
    ) END
$$;
ALTER TABLE technician
    ADD COLUMN working_hours jsonb NOT NULL DEFAULT '[]'
        CONSTRAINT technician_working_hours CHECK (are_working_hours(working_hours)),
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN vehicle_location_id text NOT NULL DEFAULT '',
    ADD COLUMN most_minutes_per_day integer
        CONSTRAINT technician_minutes CHECK (most_minutes_per_day BETWEEN 1 AND 1440);
CREATE INDEX ix_technician_outlet ON technician (outlet_id, technician_id);
CREATE INDEX ix_technician_tags ON technician USING gin (tags);
CREATE INDEX ix_technician_territory ON technician USING gin (territory_codes);
CREATE INDEX ix_technician_skill_certificate ON technician_skill (certificate_expires_at)
    WHERE certificate_expires_at IS NOT NULL;

-- The directory's absences, of everybody: who is a technician may be put later than their absence.
CREATE TABLE technician_absence (
    absence_id text PRIMARY KEY CHECK (absence_id <> ''),
    technician_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    cancelled boolean NOT NULL,
    -- Of the directory's absence: an older event never overwrites a newer one.
    revision bigint NOT NULL CHECK (revision > 0)
);
CREATE INDEX ix_technician_absence ON technician_absence (technician_id, starts_at)
    WHERE NOT cancelled;
"""

OUTLETS = """
CREATE TABLE outlet_profile (
    outlet_id text PRIMARY KEY CHECK (outlet_id <> ''),
    revision bigint NOT NULL CHECK (revision > 0),
    name text NOT NULL CHECK (name <> ''),
    cooperation_modes text[] NOT NULL CHECK (cardinality(cooperation_modes) > 0
        AND cooperation_modes <@ ARRAY['direct', 'franchise', 'key_account']),
    brand_codes text[] NOT NULL,
    territory_codes text[] NOT NULL,
    contract_number text NOT NULL,
    contract_valid_from timestamptz,
    contract_valid_until timestamptz,
    suspended boolean NOT NULL,
    suspend_reason text NOT NULL,
    agent_id text NOT NULL,
    stock_location_id text NOT NULL,
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    CONSTRAINT outlet_profile_location_is_whole CHECK ((longitude IS NULL) = (latitude IS NULL)),
    CONSTRAINT outlet_profile_contract_ends_after_start
        CHECK (contract_valid_until > contract_valid_from),
    CONSTRAINT outlet_profile_suspended_has_reason CHECK (suspended = (suspend_reason <> ''))
);
CREATE INDEX ix_outlet_profile_agent ON outlet_profile (agent_id, outlet_id) WHERE agent_id <> '';
"""

TEAMS = """
CREATE TABLE team (
    team_id text PRIMARY KEY CHECK (team_id <> ''),
    revision bigint NOT NULL CHECK (revision > 0),
    name text NOT NULL CHECK (name <> ''),
    outlet_id text NOT NULL,
    leader_person_id text NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    ended_at timestamptz
);
CREATE INDEX ix_team_kind ON team (kind, team_id) WHERE ended_at IS NULL;
CREATE TABLE team_member (
    team_id text NOT NULL REFERENCES team,
    technician_id text NOT NULL REFERENCES technician,
    PRIMARY KEY (team_id, technician_id)
);
CREATE INDEX ix_team_member_technician ON team_member (technician_id);
"""

# Each says something of one technician or one outlet and one customer, one address or everybody;
# said once, it is ended, never changed.
RULES = """
CREATE TABLE dispatch_exclusion (
    exclusion_id text PRIMARY KEY,
    technician_id text NOT NULL,
    outlet_id text NOT NULL,
    customer_id text NOT NULL,
    address_id text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    recorded_at timestamptz NOT NULL,
    recorded_by_person_id text NOT NULL,
    ended_at timestamptz,
    ended_by_person_id text NOT NULL DEFAULT '',
    end_reason text NOT NULL DEFAULT '',
    CONSTRAINT dispatch_exclusion_of_one CHECK ((technician_id <> '') <> (outlet_id <> '')),
    CONSTRAINT dispatch_exclusion_from_one CHECK (customer_id = '' OR address_id = ''),
    CONSTRAINT dispatch_exclusion_lasts CHECK (until_at > from_at),
    CONSTRAINT dispatch_exclusion_end_is_whole CHECK ((ended_at IS NULL) = (end_reason = '')
        AND (ended_at IS NULL) = (ended_by_person_id = ''))
);
CREATE INDEX ix_dispatch_exclusion_technician ON dispatch_exclusion (technician_id)
    WHERE ended_at IS NULL AND technician_id <> '';
CREATE INDEX ix_dispatch_exclusion_outlet ON dispatch_exclusion (outlet_id)
    WHERE ended_at IS NULL AND outlet_id <> '';
CREATE INDEX ix_dispatch_exclusion_customer ON dispatch_exclusion (customer_id)
    WHERE ended_at IS NULL;
CREATE INDEX ix_dispatch_exclusion_address ON dispatch_exclusion (address_id)
    WHERE ended_at IS NULL;

CREATE TABLE dispatch_preference (
    preference_id text PRIMARY KEY,
    customer_id text NOT NULL,
    address_id text NOT NULL,
    technician_id text NOT NULL,
    outlet_id text NOT NULL,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by_person_id text NOT NULL,
    ended_at timestamptz,
    ended_by_person_id text NOT NULL DEFAULT '',
    end_reason text NOT NULL DEFAULT '',
    CONSTRAINT dispatch_preference_by_one CHECK ((customer_id <> '') <> (address_id <> '')),
    CONSTRAINT dispatch_preference_of_one CHECK ((technician_id <> '') <> (outlet_id <> '')),
    CONSTRAINT dispatch_preference_end_is_whole CHECK ((ended_at IS NULL) = (end_reason = '')
        AND (ended_at IS NULL) = (ended_by_person_id = ''))
);
-- The same wish stands once.
CREATE UNIQUE INDEX dispatch_preference_once
    ON dispatch_preference (customer_id, address_id, technician_id, outlet_id)
    WHERE ended_at IS NULL;

CREATE FUNCTION refuse_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['ended_at', 'ended_by_person_id', 'end_reason'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is ended once and never changed otherwise', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER dispatch_exclusion_ends_once BEFORE UPDATE OR DELETE ON dispatch_exclusion
    FOR EACH ROW EXECUTE FUNCTION refuse_rule_change();
CREATE TRIGGER dispatch_preference_ends_once BEFORE UPDATE OR DELETE ON dispatch_preference
    FOR EACH ROW EXECUTE FUNCTION refuse_rule_change();
"""

ASSETS = """
CREATE TABLE asset (
    asset_id text PRIMARY KEY CHECK (asset_id <> ''),
    revision bigint NOT NULL CHECK (revision > 0),
    customer_id text NOT NULL CHECK (customer_id <> ''),
    address_id text NOT NULL,
    item_code text NOT NULL,
    brand text NOT NULL,
    model text NOT NULL,
    serial text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    installed_on date,
    parent_asset_id text REFERENCES asset,
    notes text NOT NULL,
    registered_at timestamptz NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    retired_at timestamptz,
    retire_reason text NOT NULL DEFAULT '',
    CONSTRAINT asset_retired_has_reason CHECK ((retired_at IS NULL) = (retire_reason = ''))
);
-- A maker gives a serial to one machine of a model.
CREATE UNIQUE INDEX asset_serial_once ON asset (brand, model, serial) WHERE serial <> '';
CREATE INDEX ix_asset_customer ON asset (customer_id, asset_id DESC);
CREATE INDEX ix_asset_address ON asset (address_id, asset_id DESC) WHERE address_id <> '';
CREATE INDEX ix_asset_parent ON asset (parent_asset_id) WHERE parent_asset_id IS NOT NULL;
CREATE INDEX ix_asset_serial ON asset (serial) WHERE serial <> '';
CREATE INDEX ix_asset_model ON asset (brand, model, asset_id DESC);

-- No machine is a part of itself, whoever writes: two changes, each sound, could make a loop
-- together, so one waits for the other.
CREATE FUNCTION refuse_asset_loop() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('asset parts', 0));
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT NEW.parent_asset_id AS asset_id
            UNION
            SELECT asset.parent_asset_id FROM asset JOIN above USING (asset_id)
        )
        SELECT FROM above WHERE asset_id = NEW.asset_id
    ) THEN
        RAISE EXCEPTION 'asset % would be a part of itself', NEW.asset_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'asset_no_loop';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER asset_no_loop AFTER INSERT OR UPDATE OF parent_asset_id ON asset
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.parent_asset_id IS NOT NULL) EXECUTE FUNCTION refuse_asset_loop();

CREATE FUNCTION refuse_asset_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an asset is retired, never deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER asset_never_deleted BEFORE DELETE ON asset
    FOR EACH ROW EXECUTE FUNCTION refuse_asset_deletion();

-- Where an asset has been, from its registration on. Append-only.
CREATE TABLE asset_move (
    asset_id text NOT NULL REFERENCES asset,
    move_number integer NOT NULL CHECK (move_number > 0),
    moved_at timestamptz NOT NULL,
    customer_id text NOT NULL CHECK (customer_id <> ''),
    address_id text NOT NULL,
    reason text NOT NULL,
    moved_by_person_id text NOT NULL,
    PRIMARY KEY (asset_id, move_number)
);
"""

WARRANTIES = """
-- From the first to the last day covered, in Shanghai. A period is voided once, never changed.
CREATE TABLE asset_warranty (
    warranty_id text PRIMARY KEY,
    asset_id text NOT NULL REFERENCES asset,
    kind text NOT NULL CHECK (kind IN ('standard', 'extended', 'goodwill')),
    terms_code text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    covers text[] NOT NULL
        CHECK (cardinality(covers) > 0 AND covers <@ ARRAY['parts', 'labour', 'visit']),
    reference text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by_person_id text NOT NULL,
    voided_at timestamptz,
    voided_by_person_id text NOT NULL DEFAULT '',
    void_reason text NOT NULL DEFAULT '',
    CONSTRAINT asset_warranty_lasts CHECK (last_day >= first_day),
    CONSTRAINT asset_warranty_void_is_whole CHECK ((voided_at IS NULL) = (void_reason = '')
        AND (voided_at IS NULL) = (voided_by_person_id = ''))
);
CREATE INDEX ix_asset_warranty ON asset_warranty (asset_id, first_day);
CREATE INDEX ix_asset_warranty_last_day ON asset_warranty (last_day) WHERE voided_at IS NULL;

CREATE FUNCTION refuse_warranty_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voiding text[] := ARRAY['voided_at', 'voided_by_person_id', 'void_reason'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
       AND to_jsonb(NEW) - voiding = to_jsonb(OLD) - voiding THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a warranty is voided once and never changed otherwise'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER asset_warranty_voided_once BEFORE UPDATE OR DELETE ON asset_warranty
    FOR EACH ROW EXECUTE FUNCTION refuse_warranty_change();
"""

CODES = """
-- What is printed on a machine or at a shop's door: 25 random letters and digits, good until ended.
CREATE TABLE scan_code (
    scan_code text PRIMARY KEY CHECK (scan_code ~ '^[0-9a-hjkmnp-tv-z]{25}$'),
    asset_id text REFERENCES asset,
    customer_id text NOT NULL,
    address_id text NOT NULL,
    place_name text NOT NULL,
    flow_code text NOT NULL CHECK (flow_code <> ''),
    issued_at timestamptz NOT NULL,
    issued_by_person_id text NOT NULL,
    ended_at timestamptz,
    ended_by_person_id text NOT NULL DEFAULT '',
    end_reason text NOT NULL DEFAULT '',
    CONSTRAINT scan_code_of_one CHECK ((asset_id IS NOT NULL) <> (customer_id <> '')),
    CONSTRAINT scan_code_address_of_customer CHECK (address_id = '' OR customer_id <> ''),
    CONSTRAINT scan_code_end_is_whole CHECK ((ended_at IS NULL) = (end_reason = '')
        AND (ended_at IS NULL) = (ended_by_person_id = ''))
);
CREATE UNIQUE INDEX scan_code_one_of_asset ON scan_code (asset_id)
    WHERE ended_at IS NULL AND asset_id IS NOT NULL;
CREATE UNIQUE INDEX scan_code_one_of_place ON scan_code (customer_id, address_id)
    WHERE ended_at IS NULL AND asset_id IS NULL;
CREATE TRIGGER scan_code_ends_once BEFORE UPDATE OR DELETE ON scan_code
    FOR EACH ROW EXECUTE FUNCTION refuse_rule_change();
"""

GUIDES = """
CREATE TABLE guide (
    guide_id text PRIMARY KEY,
    brand text NOT NULL,
    model text NOT NULL CHECK (model <> ''),
    kind text NOT NULL CHECK (kind IN ('document', 'video', 'model_3d')),
    language text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    version text NOT NULL CHECK (version <> ''),
    title text NOT NULL CHECK (title <> ''),
    reference text NOT NULL CHECK (reference ~ '^(https://|fl_)'),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    retired_at timestamptz
);
-- A version of a guide is one document; what is corrected gets another version.
CREATE UNIQUE INDEX guide_version_once ON guide (brand, model, kind, language, version)
    WHERE retired_at IS NULL;
CREATE INDEX ix_guide_model ON guide (model, brand) WHERE retired_at IS NULL;
"""
