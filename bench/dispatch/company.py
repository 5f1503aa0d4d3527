"""A company of so many technicians, put into the service's own tables: who they are, what they have
to do, and the work orders that wait for one of them.

A city has 300 technicians in ten districts; each serves two districts, every fifth the whole city.
Each holds three of twelve skills at some level, has one of five weeks, some visits agreed, some
absences; one in fifty belongs to an outlet whose contract is over.
"""

from __future__ import annotations

from typing import Final

import psycopg

from kit.db.migrate import migrate

#: Work orders that wait, spread over the cities.
WAITING: Final = 400

_TECHNICIANS: Final = """
CREATE TEMPORARY TABLE person AS
SELECT n, 'pe_' || lpad(n::text, 6, '0') AS technician_id,
       100 + n / 300 AS city, n %% 10 AS district, n / 10 AS outlet,
       abs(hashtext('person' || n)) AS dice
FROM generate_series(0, %(count)s - 1) AS n;

INSERT INTO technician (technician_id, display_name, outlet_id, cooperation_mode, territory_codes,
    home_longitude, home_latitude, daily_capacity, rating_hundredths, active, put_at,
    put_by_person_id, working_hours, tags)
SELECT technician_id, '师傅' || n, 'ou_' || outlet,
       (ARRAY['direct', 'franchise', 'key_account'])[1 + dice %% 3],
       CASE WHEN dice %% 5 = 0 THEN ARRAY[city || '000']
            ELSE ARRAY[city || '0' || district || '1', city || '0' || (district + 1) %% 10 || '1'] END,
       100 + (city - 100) %% 20 + (dice %% 1000) / 2000.0,
       22 + (city - 100) / 20 + (dice / 1000 %% 1000) / 2000.0,
       4 + dice %% 5, 300 + dice %% 200, dice %% 40 <> 0, now(), 'pe_bench',
       (SELECT coalesce(jsonb_agg(jsonb_build_object('weekday', weekday,
                   'start_minute', 480 + 60 * (dice %% 4), 'end_minute', 1080 + 60 * (dice %% 4))), '[]')
          FROM generate_series(1, 7) AS weekday WHERE dice %% 5 > 0 AND weekday <> 1 + dice %% 7),
       CASE WHEN dice %% 3 = 0 THEN ARRAY['lang_en'] ELSE '{}' END
FROM person;

INSERT INTO technician_skill (technician_id, skill_code, level, certificate_expires_at)
SELECT DISTINCT ON (technician_id, skill_code) technician_id, skill_code, level, expires
FROM (SELECT technician_id, 'skill_' || (dice / (k * 7 + 1)) %% 12 AS skill_code,
             1 + (dice + k) %% 5 AS level,
             CASE WHEN (dice + k) %% 4 = 0 THEN now() + make_interval(days => dice %% 400 - 20) END
                 AS expires
      FROM person, generate_series(1, 3) AS k) AS held;

INSERT INTO technician_absence (absence_id, technician_id, starts_at, ends_at, cancelled, revision)
SELECT 'ab_' || n, technician_id, now() + make_interval(hours => dice %% 200 - 100),
       now() + make_interval(hours => dice %% 200 - 60), false, 1
FROM person WHERE dice %% 10 = 0;

INSERT INTO outlet_profile (outlet_id, revision, name, cooperation_modes, brand_codes,
    territory_codes, contract_number, contract_valid_from, contract_valid_until, suspended,
    suspend_reason, agent_id, stock_location_id, put_at, put_by_person_id)
SELECT 'ou_' || outlet, 1, '网点' || outlet, ARRAY['direct', 'franchise'],
       CASE WHEN outlet %% 4 = 0 THEN ARRAY['midea'] ELSE '{}' END, ARRAY[min(city) || '000'], 'HT',
       now() - interval '1 year',
       CASE WHEN outlet %% 50 = 0 THEN now() - interval '1 day' END, false, '', '', '', now(),
       'pe_bench'
FROM person GROUP BY outlet;
"""

# Every third has some accepted work with a visit in the next days; and then what waits for somebody.
_WORK: Final = """
INSERT INTO work_order (work_order_id, revision, case_id, stage, title, state, customer_id,
    address_id, adcode, adcode_path, zone_codes, city_tier, place_name, zones_known, former_adcode,
    longitude, latitude, floor, notes, quote_id, required_skills, priority, created_at,
    created_by_person_id, completion_code, window_start, window_end, state_since)
SELECT 'wo_a' || lpad(n::text, 6, '0') || k, 4, 'ca_' || n, 'install', '安装', 'scheduled',
       'cu_' || n, 'ad_' || n, city || '0' || district || '1',
       ARRAY[city || '0' || district || '1', city || '000'], '{}', 'tier1', '', true, '',
       NULL, NULL, 1, '', '', '{}', 3, now(), 'pe_bench', '123456',
       date_trunc('hour', now()) + make_interval(hours => 3 * k + dice %% 5),
       date_trunc('hour', now()) + make_interval(hours => 3 * k + dice %% 5 + 2), now()
FROM person, generate_series(1, 2) AS k WHERE dice %% 3 = 0;

INSERT INTO offer (offer_id, work_order_id, technician_id, earning_id, earning_currency,
    earning_minor, offered_at, offered_by_person_id, expires_at, outcome, outcome_at,
    outcome_by_person_id)
SELECT 'of_' || n || '_' || k, 'wo_a' || lpad(n::text, 6, '0') || k, technician_id, 'ea_1', 'CNY',
       10000 + dice %% 20000, now() - make_interval(hours => 30 * k), 'pe_bench',
       now() - make_interval(hours => 30 * k - 1), 'accepted',
       now() - make_interval(hours => 30 * k - 1), technician_id
FROM person, generate_series(1, 2) AS k WHERE dice %% 3 = 0;

INSERT INTO technician_day (technician_id, day, item_code, orders_done, reworks, ratings_sum,
    ratings_count)
SELECT technician_id, current_date - 1, 'aircon', 20 + dice %% 30, dice %% 4, 44, 10
FROM person WHERE dice %% 2 = 0;

INSERT INTO work_order (work_order_id, revision, case_id, stage, title, state, customer_id,
    address_id, adcode, adcode_path, zone_codes, city_tier, place_name, zones_known, former_adcode,
    longitude, latitude, floor, notes, quote_id, required_skills, priority, created_at,
    created_by_person_id, completion_code, state_since)
SELECT 'wo_b' || lpad(n::text, 6, '0'), 1, 'ca_b' || n, 'install', '安装', 'created',
       'cu_b' || n, 'ad_b' || n, city || '0' || district || '1',
       ARRAY[city || '0' || district || '1', city || '000', '100000'], '{}', 'tier1', '', true, '',
       100 + (city - 100) %% 20 + 0.25, 22 + (city - 100) / 20 + 0.25, 1, '', '',
       ARRAY['skill_' || n %% 12], 3, now(), 'pe_bench', '123456', now()
FROM (SELECT n, 100 + (n * 37) %% greatest(1, %(count)s / 300) AS city, n %% 10 AS district
      FROM generate_series(0, %(waiting)s - 1) AS n) AS asked;
INSERT INTO work_order_line (work_order_id, line_number, item_code, name, quantity)
SELECT work_order_id, 1, 'aircon', '安装', 1 FROM work_order;
"""

# What the triggers would have written one by one.
_FACTS: Final = """
INSERT INTO dispatch_subject
SELECT kind, technician_id FROM technician, unnest(ARRAY['profile', 'workload']) AS kind
UNION ALL SELECT 'outlet', outlet_id FROM outlet_profile;
INSERT INTO dispatch_fact (subject_kind, subject_id, facts)
SELECT 'outlet', outlet_id, dispatch_outlet(outlet_id) FROM outlet_profile;
INSERT INTO dispatch_fact (subject_kind, subject_id, facts)
SELECT 'profile', technician_id, dispatch_profile(technician_id) FROM technician;
INSERT INTO dispatch_fact (subject_kind, subject_id, facts)
SELECT 'workload', technician_id, dispatch_workload(technician_id) FROM technician;
"""


def fill(database_url: str, technicians: int) -> None:
    """Make the schema and the company."""
    migrate(database_url, "workorder")
    asked = {"count": technicians, "waiting": WAITING}
    with psycopg.connect(
        database_url, options="-c search_path=workorder -c session_replication_role=replica"
    ) as connection:
        for statements in (_TECHNICIANS, _WORK):
            for statement in statements.strip().rstrip(";").split(";\n"):
                connection.execute(statement, asked)
        connection.execute("ANALYZE")
        for statement in _FACTS.strip().rstrip(";").split(";\n"):
            connection.execute(statement)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
