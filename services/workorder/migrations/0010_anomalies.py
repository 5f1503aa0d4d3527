"""Anomalies: rules in versions, what they raised, and what came of it."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

RULES = """
CREATE TABLE anomaly_rule (
    kind text NOT NULL CHECK (kind IN ('repeated_returns', 'same_photo', 'impossible_travel',
        'overcharge', 'diversion', 'out_of_territory')),
    version integer NOT NULL CHECK (version >= 1),
    window_hours integer NOT NULL CHECK (window_hours BETWEEN 1 AND 8784),
    threshold integer NOT NULL CHECK (threshold >= 1),
    least integer NOT NULL CHECK (least >= 0),
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    freeze_hours integer NOT NULL CHECK (freeze_hours BETWEEN 0 AND 8784),
    freezes_at_once boolean NOT NULL,
    enabled boolean NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
    PRIMARY KEY (kind, version),
    CHECK (freeze_hours > 0 OR NOT freezes_at_once)
);
INSERT INTO anomaly_rule VALUES
    ('repeated_returns', 1, 720, 3, 0, 'high', 168, false, true, now(), 'system'),
    ('same_photo', 1, 720, 1, 0, 'medium', 0, false, true, now(), 'system'),
    ('impossible_travel', 1, 12, 150, 5000, 'medium', 0, false, true, now(), 'system'),
    ('overcharge', 1, 2160, 150, 5, 'high', 0, false, true, now(), 'system'),
    ('diversion', 1, 2160, 2, 0, 'high', 168, false, true, now(), 'system'),
    ('out_of_territory', 1, 720, 3, 0, 'low', 0, false, true, now(), 'system');
"""

ANOMALIES = """
CREATE TABLE anomaly (
    anomaly_id text PRIMARY KEY,
    kind text NOT NULL,
    rule_version integer NOT NULL,
    subject_kind text NOT NULL
        CHECK (subject_kind IN ('address', 'asset', 'technician', 'serial')),
    subject_id text NOT NULL CHECK (subject_id <> ''),
    bucket_at timestamptz NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'dismissed', 'confirmed')),
    technician_id text NOT NULL,
    place_code text NOT NULL,
    place_codes text[] NOT NULL,
    raised_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by_person_id text NOT NULL DEFAULT '',
    decided_at timestamptz,
    decided_by_person_id text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    frozen_until timestamptz CHECK (frozen_until > raised_at),
    FOREIGN KEY (kind, rule_version) REFERENCES anomaly_rule,
    -- However often the same is found, it is raised once.
    UNIQUE (kind, subject_kind, subject_id, bucket_at),
    CHECK ((decided_at IS NOT NULL) = (state IN ('dismissed', 'confirmed'))),
    CHECK ((decided_at IS NULL) = (decided_by_person_id = '')),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by_person_id = '')),
    CHECK (state <> 'acknowledged' OR acknowledged_at IS NOT NULL),
    CHECK (state <> 'dismissed' OR reason <> '')
);
CREATE INDEX ix_anomaly_state ON anomaly (state, anomaly_id DESC);
CREATE INDEX ix_anomaly_technician ON anomaly (technician_id, anomaly_id DESC);

CREATE FUNCTION refuse_anomaly_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('dismissed', 'confirmed')
        OR (NEW.anomaly_id, NEW.kind, NEW.rule_version, NEW.subject_kind, NEW.subject_id,
            NEW.bucket_at, NEW.severity, NEW.technician_id, NEW.place_code, NEW.raised_at)
            IS DISTINCT FROM
           (OLD.anomaly_id, OLD.kind, OLD.rule_version, OLD.subject_kind, OLD.subject_id,
            OLD.bucket_at, OLD.severity, OLD.technician_id, OLD.place_code, OLD.raised_at)
        OR (OLD.state = 'acknowledged' AND NEW.state = 'open')
        OR NEW.frozen_until < OLD.frozen_until
        OR (NEW.frozen_until IS NULL AND OLD.frozen_until IS NOT NULL)
    THEN
        RAISE EXCEPTION 'an anomaly is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER anomaly_decided_once BEFORE UPDATE OR DELETE ON anomaly
    FOR EACH ROW EXECUTE FUNCTION refuse_anomaly_change();

CREATE TABLE anomaly_evidence (
    anomaly_id text NOT NULL REFERENCES anomaly,
    fact_id text NOT NULL,
    happened_at timestamptz NOT NULL,
    work_order_id text NOT NULL,
    technician_id text NOT NULL,
    place_code text NOT NULL,
    what text NOT NULL,
    fact_value bigint NOT NULL,
    measured bigint NOT NULL,
    measured_against bigint NOT NULL,
    baseline bigint NOT NULL,
    other_fact_id text NOT NULL,
    PRIMARY KEY (anomaly_id, fact_id)
);
"""

# The facts of a time, by its index.
READING = """
CREATE INDEX ix_work_order_cancelled_since ON work_order (state_since) WHERE state = 'cancelled';
CREATE INDEX ix_work_order_rework_created ON work_order (created_at)
    WHERE link_kind IN ('rework', 'second_visit');
CREATE INDEX ix_work_order_checked_in_at ON work_order (checked_in_at)
    WHERE checked_in_at IS NOT NULL;
CREATE INDEX ix_on_site_flag_photo_raised ON on_site_flag (raised_at)
    WHERE flag_kind IN ('same_photo', 'similar_photo');
CREATE INDEX ix_on_site_command_located ON on_site_command (occurred_at)
    WHERE refused_reason = '' AND body ? 'fix';
CREATE INDEX ix_extra_approved ON extra (ended_at) WHERE state = 'approved';
CREATE INDEX ix_part_use_recorded ON part_use (recorded_at);
"""


def upgrade() -> None:
    op.execute(RULES)
    forbid_changes("anomaly_rule")
    op.execute(ANOMALIES)
    forbid_changes("anomaly_evidence")
    op.execute(READING)
