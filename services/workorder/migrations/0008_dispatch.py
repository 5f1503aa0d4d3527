"""Dispatch in the open: facts that the database itself keeps, policies of eight weights, whole decisions."""

import zlib
from array import array

import sqlalchemy as sa
from alembic import op

from kit.db.ddl import forbid_changes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: What decisions of before knew, by the new names.
_KNOWN_BEFORE = {
    "distance_m": ("raw", "distance_m"),
    "open_load": ("raw", "open_load"),
    "daily_capacity": ("raw", "daily_capacity"),
    "surplus_levels": ("raw", "surplus_levels"),
    "rating_hundredths": ("raw", "rating_hundredths"),
    "distance_score": ("scores", "distance"),
    "load_score": ("scores", "load"),
    "skill_fit_score": ("scores", "skill_fit"),
    "rating_score": ("scores", "rating"),
}
_COLUMNS = (
    "certified_until", "territory_rank", "duty_run", "free_run", "taken", "daily_capacity", "barred",
    "contract_until", "distance_m", "open_load", "surplus_levels", "rating_hundredths", "done",
    "reworks", "preference", "parts_at_hand", "earned", "distance_score", "load_score",
    "skill_fit_score", "rating_score", "quality_score", "preference_score", "parts_score",
    "fairness_score", "score",
)  # fmt: skip


def upgrade() -> None:
    op.execute(OFFERS)
    op.execute(POLICIES)
    op.execute(FACTS)
    op.execute(TELLING)
    op.execute(DECISIONS)
    _keep_decisions()
    op.execute(DECISIONS_KEPT)
    forbid_changes("dispatch_fact")


def _keep_decisions() -> None:
    """Decisions of before, with the values they knew."""
    connection = op.get_bind()
    kept = connection.execute(sa.text("SELECT decision_id, candidates FROM dispatch_decision"))
    for decision_id, candidates in kept.all():
        matrix = array("q")
        for column in _COLUMNS:
            matrix.extend(_value(candidate, column) for candidate in candidates)
        connection.execute(
            sa.text(
                "UPDATE dispatch_decision SET technician_ids = :technicians, outlet_ids = :outlets,"
                " cooperation_modes = :modes, value_matrix = :matrix, technician_count ="
                " :count + (SELECT coalesce(sum(value::integer), 0) FROM jsonb_each_text(excluded))"
                " WHERE decision_id = :decision_id"
            ),
            {
                "decision_id": decision_id,
                "technicians": [each["technician_id"] for each in candidates],
                "outlets": [each["outlet_id"] for each in candidates],
                "modes": [each["cooperation_mode"] for each in candidates],
                "matrix": zlib.compress(matrix.tobytes(), 1),
                "count": len(candidates),
            },
        )


def _value(candidate: dict[str, object], column: str) -> int:
    if column == "score":
        return int(candidate["score"])  # type: ignore[call-overload, no-any-return]
    where = _KNOWN_BEFORE.get(column)
    if where is None:
        return 0
    value = candidate[where[0]].get(where[1])  # type: ignore[attr-defined]
    return -1 if value is None else int(value)


POLICIES = """
CREATE FUNCTION are_whole_weights(weights jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(value::integer) = 10000 AND min(value::integer) >= 0, false)
    FROM jsonb_each_text(weights)
$$;
ALTER TABLE dispatch_policy DISABLE TRIGGER USER;
ALTER TABLE dispatch_policy
    ADD COLUMN weights jsonb,
    ADD COLUMN parameters jsonb,
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN put_at timestamptz,
    ADD COLUMN put_by_person_id text NOT NULL DEFAULT 'system';
UPDATE dispatch_policy SET
    put_at = effective_from,
    weights = jsonb_build_object('distance', distance_weight, 'load', load_weight,
        'skill_fit', skill_fit_weight, 'rating', rating_weight),
    parameters = jsonb_build_object(
        'road_factor_basis_points', road_factor_basis_points,
        'distance_limit_m', distance_limit_m,
        'unrated_rating_hundredths', unrated_rating_hundredths,
        'usual_orders', 20, 'usual_quality_basis_points', 9500,
        'previous_technician_score', 8000, 'preferred_outlet_score', 5000,
        'horizon_minutes', 1440, 'service_minutes', 60);
ALTER TABLE dispatch_policy
    DROP COLUMN distance_weight, DROP COLUMN load_weight, DROP COLUMN skill_fit_weight,
    DROP COLUMN rating_weight, DROP COLUMN road_factor_basis_points,
    DROP COLUMN distance_limit_m, DROP COLUMN unrated_rating_hundredths,
    ALTER COLUMN weights SET NOT NULL,
    ALTER COLUMN parameters SET NOT NULL,
    ALTER COLUMN put_at SET NOT NULL,
    ADD CONSTRAINT dispatch_policy_weights_are_whole CHECK (are_whole_weights(weights));
ALTER TABLE dispatch_policy ENABLE TRIGGER USER;
INSERT INTO dispatch_policy
    (policy_version, effective_from, weights, parameters, note, put_at)
SELECT 'default-2', '2020-01-02T00:00:00Z',
       '{"distance": 2500, "load": 1500, "skill_fit": 1000, "rating": 1500, "quality": 1000,
         "preference": 1000, "parts": 500, "fairness": 1000}',
       parameters, 'Eight factors.', '2020-01-02T00:00:00Z'
FROM dispatch_policy WHERE policy_version = 'default-1';
"""

# What dispatch knows of a technician or an outlet is computed here and nowhere else, and written down
# when the transaction that changed it commits: nobody can forget to tell.
FACTS = """
CREATE FUNCTION micros(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(epoch FROM at) * 1000000)::bigint
$$;
-- Days since 1970, in Shanghai.
CREATE FUNCTION shanghai_day(at timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT floor((extract(epoch FROM at) + 28800) / 86400)::integer
$$;

CREATE TABLE dispatch_subject (
    subject_kind text NOT NULL CHECK (subject_kind IN ('profile', 'workload', 'outlet')),
    subject_id text NOT NULL,
    PRIMARY KEY (subject_kind, subject_id)
);
CREATE TABLE dispatch_fact (
    fact_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    facts jsonb NOT NULL,
    FOREIGN KEY (subject_kind, subject_id) REFERENCES dispatch_subject
);
CREATE INDEX ix_dispatch_fact_subject ON dispatch_fact (subject_kind, subject_id, fact_id DESC);

CREATE FUNCTION dispatch_profile(whose text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'active', active,
        'outlet_id', outlet_id,
        'cooperation_mode', cooperation_mode,
        'skills', (
            SELECT coalesce(jsonb_object_agg(skill_code,
                jsonb_build_array(level, micros(certificate_expires_at))), '{}')
            FROM technician_skill AS held WHERE held.technician_id = whose),
        'territory_codes', to_jsonb(territory_codes),
        'home', CASE WHEN home_longitude IS NOT NULL
            THEN jsonb_build_array(home_longitude, home_latitude) END,
        'daily_capacity', daily_capacity,
        'rating_hundredths', rating_hundredths,
        'working_hours', working_hours,
        'tags', to_jsonb(tags),
        -- The last ones: long past ones do not matter, and no clock decides which those are.
        'absences', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(micros(starts_at), micros(ends_at))
                ORDER BY starts_at), '[]')
            FROM (SELECT starts_at, ends_at FROM technician_absence AS absent
                  WHERE absent.technician_id = whose AND NOT cancelled
                  ORDER BY starts_at DESC LIMIT 50) AS last)
    ) FROM technician WHERE technician_id = whose
$$;

CREATE INDEX ix_offer_open ON offer (technician_id) WHERE outcome IS NULL;
CREATE INDEX ix_offer_offered ON offer (offered_at);
CREATE INDEX ix_offer_accepted_at ON offer (outcome_at) WHERE outcome = 'accepted';
CREATE INDEX ix_offer_accepted ON offer (technician_id, offer_id DESC) WHERE outcome = 'accepted';

CREATE FUNCTION dispatch_workload(whose text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH unanswered AS (
        SELECT coalesce(jsonb_agg(jsonb_build_array(micros(offered_at), micros(expires_at))
            ORDER BY offer_id), '[]') AS offers
        FROM offer WHERE technician_id = whose AND outcome IS NULL
    ), lately AS MATERIALIZED (
        -- Their last work orders: what is open is among them.
        SELECT state, window_start, window_end,
               shanghai_day(outcome_at) AS day, earning_minor, earning_currency,
               first_value(earning_currency) OVER (ORDER BY offer_id DESC) AS currency
        FROM offer JOIN work_order USING (work_order_id)
        WHERE technician_id = whose AND outcome = 'accepted'
        ORDER BY offer_id DESC LIMIT 200
    ), by_day AS (
        SELECT day, count(*) AS accepted,
               coalesce(sum(earning_minor) FILTER (WHERE earning_currency = currency), 0)::bigint
                   AS earned
        FROM lately WHERE state <> 'cancelled' GROUP BY day ORDER BY day DESC LIMIT 8
    ), done AS (
        -- In the half year that ends with the last day on which they did something.
        SELECT coalesce(sum(orders_done), 0) AS orders_done,
               coalesce(sum(second_visits + reworks), 0) AS again,
               coalesce(sum(ratings_sum), 0) AS ratings_sum,
               coalesce(sum(ratings_count), 0) AS ratings_count
        FROM technician_day WHERE technician_id = whose
         AND day > (SELECT max(day) FROM technician_day WHERE technician_id = whose) - 180
    )
    SELECT jsonb_build_object(
        'open_offers', unanswered.offers,
        'accepted_day', coalesce((SELECT max(day) FROM by_day), 0),
        'accepted_count', coalesce(
            (SELECT accepted FROM by_day ORDER BY day DESC LIMIT 1), 0),
        'open_work', (SELECT count(*) FROM lately
            WHERE state IN ('accepted', 'scheduled', 'in_progress')),
        'commitments', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(micros(window_start), micros(window_end))
                ORDER BY window_start, window_end), '[]')
            FROM lately WHERE state IN ('scheduled', 'in_progress')),
        'done', done.orders_done,
        'reworks', done.again,
        'rating_sum', done.ratings_sum,
        'rated', done.ratings_count,
        'earnings', (SELECT coalesce(jsonb_agg(jsonb_build_array(day, earned) ORDER BY day), '[]')
            FROM by_day)
    ) FROM unanswered, done
$$;

CREATE FUNCTION dispatch_outlet(which text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'cooperation_modes', to_jsonb(cooperation_modes),
        'brand_codes', to_jsonb(brand_codes),
        'territory_codes', to_jsonb(territory_codes),
        'contract', jsonb_build_array(micros(contract_valid_from), micros(contract_valid_until)),
        'suspended', suspended
    ) FROM outlet_profile WHERE outlet_id = which
$$;
"""

TELLING = """
CREATE FUNCTION note_dispatch_fact(kind text, subject text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    said jsonb;
BEGIN
    INSERT INTO dispatch_subject VALUES (kind, subject) ON CONFLICT DO NOTHING;
    -- One after the other: who comes second sees what the first has written.
    PERFORM FROM dispatch_subject WHERE subject_kind = kind AND subject_id = subject FOR UPDATE;
    said := CASE kind WHEN 'profile' THEN dispatch_profile(subject)
                      WHEN 'workload' THEN dispatch_workload(subject)
                      ELSE dispatch_outlet(subject) END;
    IF said IS NOT NULL AND said IS DISTINCT FROM (
        SELECT facts FROM dispatch_fact WHERE subject_kind = kind AND subject_id = subject
        ORDER BY fact_id DESC LIMIT 1) THEN
        INSERT INTO dispatch_fact (subject_kind, subject_id, facts) VALUES (kind, subject, said);
    END IF;
END $$;

-- The kind of fact, and the column that says of whom.
CREATE FUNCTION tell_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_dispatch_fact(TG_ARGV[0], CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD)
                                                      ELSE to_jsonb(NEW) END ->> TG_ARGV[1]);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER technician_is_told AFTER INSERT OR UPDATE ON technician
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('profile', 'technician_id');
CREATE CONSTRAINT TRIGGER technician_skill_is_told AFTER INSERT OR UPDATE OR DELETE ON technician_skill
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('profile', 'technician_id');
CREATE CONSTRAINT TRIGGER technician_absence_is_told AFTER INSERT OR UPDATE ON technician_absence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('profile', 'technician_id');
CREATE CONSTRAINT TRIGGER outlet_profile_is_told AFTER INSERT OR UPDATE ON outlet_profile
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('outlet', 'outlet_id');
CREATE CONSTRAINT TRIGGER offer_is_told AFTER INSERT OR UPDATE ON offer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('workload', 'technician_id');

CREATE FUNCTION tell_dispatch_of_work() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder text;
BEGIN
    FOR holder IN
        SELECT DISTINCT technician_id FROM offer
        WHERE work_order_id = NEW.work_order_id AND outcome = 'accepted'
        ORDER BY technician_id
    LOOP
        PERFORM note_dispatch_fact('workload', holder);
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER work_order_is_told
    AFTER UPDATE OF state, window_start, window_end ON work_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((NEW.state, NEW.window_start, NEW.window_end)
          IS DISTINCT FROM (OLD.state, OLD.window_start, OLD.window_end))
    EXECUTE FUNCTION tell_dispatch_of_work();
CREATE CONSTRAINT TRIGGER technician_day_is_told AFTER INSERT OR UPDATE ON technician_day
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tell_dispatch('workload', 'technician_id');

SELECT note_dispatch_fact('profile', technician_id) FROM technician ORDER BY technician_id;
SELECT note_dispatch_fact('workload', technician_id)
FROM (SELECT technician_id FROM offer UNION SELECT technician_id FROM technician_day
      ORDER BY technician_id) AS worked;
SELECT note_dispatch_fact('outlet', outlet_id) FROM outlet_profile ORDER BY outlet_id;
"""

# Several may be asked at once; whoever accepts first has it, and nobody is asked any more.
OFFERS = """
DROP INDEX offer_one_live;
CREATE INDEX ix_offer_live ON offer (work_order_id)
    WHERE outcome IS NULL OR outcome = 'accepted';
CREATE UNIQUE INDEX offer_one_accepted ON offer (work_order_id) WHERE outcome = 'accepted';
CREATE UNIQUE INDEX offer_one_open_each ON offer (work_order_id, technician_id)
    WHERE outcome IS NULL;
CREATE FUNCTION refuse_offer_of_taken_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM offer WHERE work_order_id = NEW.work_order_id AND outcome IS NULL)
       AND EXISTS (SELECT FROM offer
                   WHERE work_order_id = NEW.work_order_id AND outcome = 'accepted') THEN
        RAISE EXCEPTION 'work order % is taken and still offered', NEW.work_order_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_of_untaken_work';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER offer_of_untaken_work AFTER INSERT OR UPDATE ON offer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_offer_of_taken_work();
"""

DECISIONS = """
ALTER TABLE dispatch_decision DISABLE TRIGGER USER;
ALTER TABLE dispatch_decision
    ADD COLUMN evaluator integer NOT NULL DEFAULT 0,
    ADD COLUMN need jsonb,
    ADD COLUMN facts_through bigint NOT NULL DEFAULT 0,
    ADD COLUMN facts_missing bigint[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN mean_earned bigint NOT NULL DEFAULT 0,
    ADD COLUMN technician_count integer NOT NULL DEFAULT 0,
    ADD COLUMN technician_ids text[],
    ADD COLUMN outlet_ids text[],
    ADD COLUMN cooperation_modes text[],
    ADD COLUMN value_columns text[] NOT NULL DEFAULT ARRAY[{columns}],
    ADD COLUMN value_matrix bytea;
""".format(columns=", ".join(f"'{column}'" for column in _COLUMNS))

DECISIONS_KEPT = """
ALTER TABLE dispatch_decision
    DROP COLUMN candidates, DROP COLUMN excluded_technician_ids,
    ALTER COLUMN evaluator DROP DEFAULT,
    ALTER COLUMN facts_through DROP DEFAULT,
    ALTER COLUMN facts_missing DROP DEFAULT,
    ALTER COLUMN mean_earned DROP DEFAULT,
    ALTER COLUMN technician_count DROP DEFAULT,
    ALTER COLUMN value_columns DROP DEFAULT,
    ALTER COLUMN technician_ids SET NOT NULL,
    ALTER COLUMN outlet_ids SET NOT NULL,
    ALTER COLUMN cooperation_modes SET NOT NULL,
    ALTER COLUMN value_matrix SET NOT NULL,
    ALTER COLUMN value_matrix SET STORAGE EXTERNAL,
    ADD CONSTRAINT dispatch_decision_names_everybody CHECK (
        cardinality(technician_ids) = cardinality(outlet_ids)
        AND cardinality(technician_ids) = cardinality(cooperation_modes)),
    ADD CONSTRAINT dispatch_decision_says_what_was_asked CHECK (need IS NOT NULL OR evaluator = 0);
ALTER TABLE dispatch_decision ENABLE TRIGGER USER;
DROP INDEX ix_dispatch_decision_work_order;
CREATE INDEX ix_dispatch_decision_work_order ON dispatch_decision (work_order_id, decision_id DESC);
"""
