"""Lists of what work orders leave behind find it by indexes, however much there is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from bench.work_orders.company import NOW, Company
from bench.work_orders.fill import fill
from kit.db.session import Database
from services.workorder.domain.access import Scope
from services.workorder.domain.stock.stockroom import StockScope
from services.workorder.store import anomalies
from services.workorder.store.anomalies import WantedAnomalies
from services.workorder.store.appointments import overbooked
from services.workorder.store.on_site import extras, on_site_flags
from services.workorder.store.on_site.on_site_flags import WantedFlags
from services.workorder.store.stock import part_requests
from services.workorder.store.stock.part_requests import Wanted
from tests.conftest import NewDatabase

COMPANY = Company(patterns=2_000, outlets=200, technicians=2_000, customers=4_000, assets=6_000)
LARGE = {
    "anomaly", "extra", "on_site_flag", "on_site_flag_review", "part_request", "slot",
    "slot_reservation", "work_order",
}  # fmt: skip
_PAGE = 51
_ALL = StockScope()
# Without triggers and references: what is looked at is how rows are found.
FILL = """
SET search_path = workorder;
SET session_replication_role = replica;
CREATE TEMP TABLE number AS SELECT generate_series(1, 40000) AS i;
INSERT INTO anomaly (anomaly_id, kind, rule_version, subject_kind, subject_id, bucket_at, severity,
    state, technician_id, place_code, place_codes, raised_at, decided_at, decided_by_person_id, reason)
SELECT 'an_' || lpad(i::text, 9, '0'), 'repeated_returns', 1, 'address', 'ad_' || i, '2026-01-01',
    'high', CASE i % 500 WHEN 0 THEN 'open' ELSE 'dismissed' END, 'pe_' || i % 2000, '110105',
    array[(11 + i % 50) || '0000'], '2024-01-01'::timestamptz + i * interval '30 minutes',
    CASE i % 500 WHEN 0 THEN NULL ELSE '2026-05-01'::timestamptz END,
    CASE i % 500 WHEN 0 THEN '' ELSE 'pe_x' END, 'x'
FROM number;
INSERT INTO stockroom SELECT 'sr_' || i, 'vehicle', 'x', 'ol_' || i % 200, 'pe_' || i, NULL,
    array['110000'], 'CNY', 0, true, now(), 'x' FROM number WHERE i <= 2000;
INSERT INTO part_request (part_request_id, revision, state, case_id, work_order_id, to_stockroom_id,
    purpose, needs_approval, requested_at, requested_by_person_id)
SELECT 'pq_' || lpad(i::text, 9, '0'), 1, CASE i % 500 WHEN 0 THEN 'approved' ELSE 'closed' END,
    'ca_' || i, 'wo_' || i, 'sr_' || i % 2000, 'x', false, '2026-01-01', 'pe_' || i % 2000 FROM number;
INSERT INTO on_site_flag SELECT 'fg_' || lpad(row_number() OVER ()::text, 9, '0'), work_order_id, 'c',
    'clock_off', 'pe_' || row_number() OVER () % 2000, 1, '', '', '2026-01-01' FROM work_order;
INSERT INTO on_site_flag_review SELECT flag_id, 'explained', 'x', '2026-01-02', 'pe_x'
FROM on_site_flag WHERE flag_id < 'fg_000019000';
INSERT INTO extra (extra_id, work_order_id, technician_id, quote_id, currency, total_minor, note, state,
    proposed_at, proposed_by_person_id, expires_at, comment)
SELECT 'ex_' || work_order_id, work_order_id, 'pe_x', 'qt_' || work_order_id, 'CNY', 1, 'x', 'proposed',
    '2026-01-01', 'pe_x', '2026-01-02', '' FROM work_order;
INSERT INTO slot SELECT 'Z' || i % 500, 'any', '2026-03-01'::timestamptz + i / 500 * interval '12 hours',
    CASE i % 500 WHEN 0 THEN 0 ELSE 1 END, 1 FROM number;
INSERT INTO slot_reservation (reservation_id, case_id, customer_id, place_codes, territory_code,
    service_kind, window_start, window_end, state, reserved_at, reserved_by_person_id, expires_at,
    confirmed_at, confirmed_by_person_id)
SELECT 'rs_' || territory_code || window_start, territory_code || window_start, 'cu_1',
    array[territory_code, 'CN'], territory_code, 'any', window_start, window_start + interval '2 hours',
    'confirmed', '2026-01-01', 'x', '2026-01-02', '2026-01-01', 'x' FROM slot;
INSERT INTO slot_override (slot_override_id, territory_code, service_kind, day, kind, extra_capacity,
    reason, put_at, put_by_person_id) VALUES ('so_1', 'CN', '', '2026-03-10', 'closed', 0, 'x', now(), 'x');
ANALYZE;
"""

Ask = Callable[[AsyncSession], Awaitable[Any]]
QUESTIONS: dict[str, tuple[int, Ask]] = {
    "anomalies": (51, lambda s: anomalies.page(s, WantedAnomalies(), "", _PAGE)),
    "open anomalies": (51, lambda s: anomalies.page(s, WantedAnomalies(state="open"), "", _PAGE)),
    "anomalies of a region": (
        51,
        lambda s: anomalies.page(s, WantedAnomalies(region_codes=("130000",)), "", _PAGE),
    ),
    "anomalies of a technician": (
        20,
        lambda s: anomalies.page(s, WantedAnomalies(technician_id="pe_7"), "", _PAGE),
    ),
    "flags": (51, lambda s: on_site_flags.page(s, WantedFlags(Scope()), "", _PAGE)),
    "flags nobody reviewed": (
        51,
        lambda s: on_site_flags.page(s, WantedFlags(Scope(), unreviewed=True), "", _PAGE),
    ),
    "flags of a technician": (
        10,
        lambda s: on_site_flags.page(s, WantedFlags(Scope(), technician_id="pe_7"), "", _PAGE),
    ),
    "part requests that wait": (
        51,
        lambda s: part_requests.page(s, Wanted(_ALL, "pe_x", state="approved"), "", _PAGE),
    ),
    "part requests of a technician's own": (
        20,
        lambda s: part_requests.page(
            s, Wanted(StockScope(technician_id="pe_7"), "pe_7"), "", _PAGE
        ),
    ),
    "part requests somebody made": (
        20,
        lambda s: part_requests.page(
            s, Wanted(_ALL, "pe_x", requested_by_person_id="pe_7"), "", _PAGE
        ),
    ),
    "overbooked slots": (51, lambda s: overbooked.overbooked(s, "", None, _PAGE, NOW)),
    "overbooked slots of a country": (
        51,
        lambda s: overbooked.overbooked(s, "CN", None, _PAGE, NOW),
    ),
    "overbooked slots of nowhere": (0, lambda s: overbooked.overbooked(s, "X", None, _PAGE, NOW)),
    "extras of a work order": (0, lambda s: extras.of_work_order(s, "wo_none")),
}


@pytest.fixture(scope="module")
async def filled(new_database: NewDatabase) -> AsyncIterator[Database]:
    """Twenty thousand work orders, and twice as much of everything else."""
    url = new_database("list_plans")
    fill(url, COMPANY)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL)
    database = Database.connect(url, "workorder")
    yield database
    await database.close()


@pytest.mark.parametrize("name", QUESTIONS)
async def test_nothing_large_is_read_from_end_to_end(filled: Database, name: str) -> None:
    count, ask = QUESTIONS[name]
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    async with AsyncSession(filled.engine) as session:
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        assert len(await ask(session)) == count
        event.remove(connection.sync_connection, "before_cursor_execute", note)
        assert asked
        for statement, values in asked:
            ((plan,),) = await connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {statement}", values
            )
            assert not read_whole(plan[0]["Plan"]) & LARGE, statement


def read_whole(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    whole = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return whole.union(*(read_whole(part) for part in plan.get("Plans", ())))
