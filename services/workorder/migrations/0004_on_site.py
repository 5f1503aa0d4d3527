"""On site: rules, checklists, commands of devices, flags, extras, fee events, seals."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (RULES, COMMANDS, SEALS, FLAGS, EXTRAS, FEE_EVENTS):
        op.execute(part)
    for table in (
        "on_site_rule", "checklist", "on_site_flag", "on_site_seal", "extra_line", "fee_event",
    ):  # fmt: skip
        forbid_changes(table)


# Both count from when they were put, for work orders made since: what a work order goes by never
# changes under it, and needs no note of its own.
RULES = """
CREATE TABLE on_site_rule (
    rule_id text PRIMARY KEY,
    -- Empty: of every stage that has none of its own.
    stage text NOT NULL CHECK (stage IN ('', 'presale', 'install', 'aftersale')),
    geofence_radius_m integer NOT NULL CHECK (geofence_radius_m BETWEEN 10 AND 50000),
    outside_geofence text NOT NULL CHECK (outside_geofence IN ('flag', 'refuse')),
    -- A fix that is less exact than this says nothing.
    worst_accuracy_m integer NOT NULL CHECK (worst_accuracy_m BETWEEN 10 AND 50000),
    -- A device's clock that is wrong by no more than this is believed as it is.
    clock_tolerance_seconds integer NOT NULL CHECK (clock_tolerance_seconds BETWEEN 1 AND 3600),
    near_duplicate_days integer NOT NULL CHECK (near_duplicate_days BETWEEN 0 AND 3650),
    -- Of 64 bits, how many may differ in pictures that look alike.
    near_duplicate_bits integer NOT NULL CHECK (near_duplicate_bits BETWEEN 0 AND 16),
    wasted_trip_minutes integer NOT NULL CHECK (wasted_trip_minutes BETWEEN 0 AND 480),
    free_waiting_minutes integer NOT NULL CHECK (free_waiting_minutes BETWEEN 0 AND 480),
    extra_answer_minutes integer NOT NULL CHECK (extra_answer_minutes BETWEEN 1 AND 10080),
    checklist_blocks_completion boolean NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    UNIQUE (stage, put_at)
);
INSERT INTO on_site_rule VALUES ('default-1', '', 500, 'flag', 1000, 120, 90, 6, 20, 15, 1440,
    false, '2020-01-01T00:00:00Z', 'system');

CREATE TABLE checklist (
    checklist_code text NOT NULL CHECK (checklist_code ~ '^[a-z][a-z0-9_-]{0,63}$'),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (name <> ''),
    stage text NOT NULL CHECK (stage IN ('', 'presale', 'install', 'aftersale')),
    -- Empty: of every item.
    item_code text NOT NULL,
    items jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    active boolean NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    PRIMARY KEY (checklist_code, version)
);
"""

# Kept as it came. All that is measured anew is how far the device's clock was off: the least that
# any report of the command measured, which does not depend on the order in which they arrive.
COMMANDS = """
CREATE TABLE on_site_command (
    work_order_id text NOT NULL REFERENCES work_order,
    command_id text NOT NULL CHECK (command_id ~ '^[A-Za-z0-9_.:-]{8,64}$'),
    kind text NOT NULL CHECK (kind IN ('', 'check_in', 'work_clock', 'answer', 'evidence',
        'customer_absent', 'retraction')),
    technician_id text NOT NULL CHECK (technician_id <> ''),
    reported_by_person_id text NOT NULL CHECK (reported_by_person_id <> ''),
    device_id text NOT NULL,
    -- By the device's clock.
    occurred_at timestamptz,
    -- What to add to the device's clock to have ours.
    clock_offset_ms bigint NOT NULL,
    received_at timestamptz NOT NULL,
    body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    refused_reason text NOT NULL,
    refused_message text NOT NULL,
    after_seal boolean NOT NULL,
    sha256 text GENERATED ALWAYS AS (body ->> 'sha256') STORED CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    perceptual_hash text GENERATED ALWAYS AS (body ->> 'perceptual_hash') STORED
        CHECK (perceptual_hash ~ '^[0-9a-f]{16}$'),
    PRIMARY KEY (work_order_id, command_id),
    CONSTRAINT on_site_command_applied_is_whole
        CHECK (refused_reason <> '' OR (kind <> '' AND occurred_at IS NOT NULL)),
    CONSTRAINT on_site_command_refused_says_why
        CHECK ((refused_reason = '') = (refused_message = '')),
    CONSTRAINT on_site_command_evidence_has_digest
        CHECK (kind <> 'evidence' OR refused_reason <> '' OR sha256 IS NOT NULL)
);
CREATE INDEX ix_on_site_command_sha256 ON on_site_command (sha256)
    WHERE sha256 IS NOT NULL AND refused_reason = '';
CREATE INDEX ix_on_site_command_pictures ON on_site_command (technician_id, received_at)
    WHERE perceptual_hash IS NOT NULL AND refused_reason = '';
CREATE INDEX ix_work_order_address ON work_order (address_id) WHERE address_id <> '';

CREATE FUNCTION refuse_on_site_command_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.clock_offset_ms < OLD.clock_offset_ms
       AND (NEW.work_order_id, NEW.command_id, NEW.kind, NEW.technician_id,
            NEW.reported_by_person_id, NEW.device_id, NEW.occurred_at, NEW.received_at, NEW.body,
            NEW.refused_reason, NEW.refused_message, NEW.after_seal) IS NOT DISTINCT FROM
           (OLD.work_order_id, OLD.command_id, OLD.kind, OLD.technician_id,
            OLD.reported_by_person_id, OLD.device_id, OLD.occurred_at, OLD.received_at, OLD.body,
            OLD.refused_reason, OLD.refused_message, OLD.after_seal) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was reported on site is kept as it came'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER on_site_command_kept BEFORE UPDATE OR DELETE ON on_site_command
    FOR EACH ROW EXECUTE FUNCTION refuse_on_site_command_change();
CREATE TRIGGER on_site_command_no_truncate BEFORE TRUNCATE ON on_site_command
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_on_site_command_change();
"""

# Beside a seal nothing slips in: what comes later says so of itself, and is not under it.
SEALS = """
CREATE TABLE on_site_seal (
    work_order_id text PRIMARY KEY REFERENCES work_order,
    command_count integer NOT NULL CHECK (command_count >= 0),
    extra_count integer NOT NULL CHECK (extra_count >= 0),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    sealed_at timestamptz NOT NULL
);

CREATE FUNCTION require_after_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.after_seal <> EXISTS (SELECT FROM on_site_seal
                                 WHERE work_order_id = NEW.work_order_id) THEN
        RAISE EXCEPTION 'the record of work order % is sealed, or it is not', NEW.work_order_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER on_site_command_after_seal BEFORE INSERT ON on_site_command
    FOR EACH ROW EXECUTE FUNCTION require_after_seal();
"""

FLAGS = """
CREATE TABLE on_site_flag (
    flag_id text PRIMARY KEY,
    work_order_id text NOT NULL,
    command_id text NOT NULL,
    flag_kind text NOT NULL CHECK (flag_kind IN ('outside_geofence', 'impossible_time',
        'clock_off', 'after_completion', 'after_acceptance', 'same_photo', 'similar_photo')),
    technician_id text NOT NULL,
    -- Metres, seconds or bits, as the kind has it.
    measured bigint NOT NULL,
    -- Of a photo that was seen before: where.
    other_work_order_id text NOT NULL,
    other_command_id text NOT NULL,
    raised_at timestamptz NOT NULL,
    FOREIGN KEY (work_order_id, command_id) REFERENCES on_site_command,
    UNIQUE (work_order_id, command_id, flag_kind, other_work_order_id, other_command_id),
    CONSTRAINT on_site_flag_photo_names_the_other
        CHECK ((other_work_order_id <> '') = (flag_kind IN ('same_photo', 'similar_photo'))
           AND (other_command_id <> '') = (other_work_order_id <> ''))
);
CREATE INDEX ix_on_site_flag_kind ON on_site_flag (flag_kind, flag_id DESC);
CREATE INDEX ix_on_site_flag_technician ON on_site_flag (technician_id, flag_id DESC);
"""

# An extra is answered once, and approved by nobody but the customer; work is not completed while
# one waits for its answer.
EXTRAS = """
CREATE TABLE extra (
    extra_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    technician_id text NOT NULL CHECK (technician_id <> ''),
    quote_id text NOT NULL UNIQUE CHECK (quote_id <> ''),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    note text NOT NULL CHECK (note <> ''),
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'declined', 'withdrawn')),
    proposed_at timestamptz NOT NULL,
    proposed_by_person_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by_person_id text,
    comment text NOT NULL,
    CONSTRAINT extra_expires_after_proposed CHECK (expires_at > proposed_at),
    CONSTRAINT extra_end_is_whole CHECK ((state = 'proposed') = (ended_at IS NULL)
        AND (ended_at IS NULL) = (ended_by_person_id IS NULL)),
    CONSTRAINT extra_approved_in_time CHECK (state <> 'approved' OR ended_at < expires_at)
);
CREATE INDEX ix_extra_work_order ON extra (work_order_id, extra_id);

CREATE TABLE extra_line (
    extra_id text NOT NULL REFERENCES extra,
    line_number integer NOT NULL CHECK (line_number > 0),
    item_code text NOT NULL CHECK (item_code <> ''),
    item_name text NOT NULL,
    catalogue text NOT NULL CHECK (catalogue IN ('project_library', 'spare_part_library')),
    quantity bigint NOT NULL CHECK (quantity > 0),
    amount_minor bigint NOT NULL,
    serial_numbers text[] NOT NULL,
    photo_file_ids text[] NOT NULL,
    PRIMARY KEY (extra_id, line_number),
    CONSTRAINT extra_line_part_has_serial_and_photo CHECK (catalogue <> 'spare_part_library'
        OR (cardinality(serial_numbers) > 0 AND cardinality(photo_file_ids) > 0))
);

CREATE FUNCTION refuse_extra_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND NEW.state <> 'proposed'
       AND (NEW.extra_id, NEW.work_order_id, NEW.technician_id, NEW.quote_id, NEW.currency,
            NEW.total_minor, NEW.note, NEW.proposed_at, NEW.proposed_by_person_id, NEW.expires_at)
         = (OLD.extra_id, OLD.work_order_id, OLD.technician_id, OLD.quote_id, OLD.currency,
            OLD.total_minor, OLD.note, OLD.proposed_at, OLD.proposed_by_person_id, OLD.expires_at)
    THEN
        IF NEW.state IN ('approved', 'declined') AND NEW.ended_by_person_id
           <> (SELECT customer_id FROM work_order WHERE work_order_id = NEW.work_order_id) THEN
            RAISE EXCEPTION 'an extra is answered by the customer of its work order'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an extra is answered or withdrawn once and is never changed otherwise'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER extra_ends_once BEFORE UPDATE OR DELETE ON extra
    FOR EACH ROW EXECUTE FUNCTION refuse_extra_change();
CREATE TRIGGER extra_no_truncate BEFORE TRUNCATE ON extra
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_extra_change();

CREATE FUNCTION require_extras_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM extra WHERE work_order_id = NEW.work_order_id
               AND state = 'proposed' AND expires_at > NEW.completed_at) THEN
        RAISE EXCEPTION 'work order % has an extra without an answer', NEW.work_order_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER work_order_extras_answered BEFORE UPDATE ON work_order FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed')
    EXECUTE FUNCTION require_extras_answered();
"""

# What the events say now is the last version; the earlier ones are what they said before something
# came late.
FEE_EVENTS = """
CREATE TABLE fee_event (
    fee_event_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    fee_key text NOT NULL CHECK (fee_key <> ''),
    version integer NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (kind IN ('wasted_trip', 'waiting', 'second_visit')),
    charged_party text NOT NULL CHECK (charged_party IN ('customer', 'warehouse', 'designer',
        'company', 'property', 'technician', 'nobody')),
    minutes integer NOT NULL CHECK (minutes >= 0),
    technician_id text NOT NULL CHECK (technician_id <> ''),
    occurred_at timestamptz NOT NULL,
    void boolean NOT NULL,
    rule_id text NOT NULL REFERENCES on_site_rule,
    decided_at timestamptz NOT NULL,
    UNIQUE (work_order_id, fee_key, version)
);
CREATE INDEX ix_fee_event_technician ON fee_event (technician_id, fee_event_id DESC);
"""
