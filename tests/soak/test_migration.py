"""Many running cases are asked whether they could move to another version, and then move: each once,
though the worker is killed in the middle.

``MIGRATED_CASES=1000 python -m pytest -s tests/soak/test_migration.py`` for more of them.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

from protos.cases.v1 import migrations_pb2
from tests.soak.test_replan import known, start_many
from tests.workflow.conftest import Office, real_office
from tests.workflow.doomed import doomed_worker
from tests.workflow.test_migration import migrated
from tests.workflow.test_replan import ROUND_THE_WEEK, lasting, stale
from workflows.client import WantedMigration

__all__ = ["real_office"]

CASES = int(os.environ.get("MIGRATED_CASES", "150"))
LONGEST_TEST_SECONDS = 600 + 2 * CASES
LATE = replace(ROUND_THE_WEEK, calendar_code="late", weekly=(((9 * 60, 21 * 60),),) * 7)


async def counting_late(office: Office) -> int:
    """How many cases the read model shows to have moved."""
    return await stale(office, LATE.calendar_code, 0)


async def test_all_cases_move_to_another_calendar_once_though_the_worker_is_killed(
    real_office: Office, tmp_path: Path
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    office.company.calendars = [ROUND_THE_WEEK, LATE]
    source = lasting(45)
    async with doomed_worker(office, tmp_path):
        old = await office.publish(source)
        cases = await start_many(office, old.flow_code, CASES)
        await known(office, CASES, ROUND_THE_WEEK.calendar_code)
        new = await office.publish(source.replace("calendar: replanned", "calendar: late"))
        wanted = WantedMigration(new.flow_code, new.version, reason="新日历")
        began = time.perf_counter()
        dry = await migrated(office, wanted, "dry")
        asked = time.perf_counter() - began
        assert [(each.outcome, each.count) for each in dry.tallies] == [
            (migrations_pb2.MIGRATION_OUTCOME_SAFE, CASES)
        ]
        began = time.perf_counter()
        moving = asyncio.create_task(migrated(office, replace(wanted, dry_run=False), "run"))
        while await counting_late(office) < CASES // 3:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.2)
    async with doomed_worker(office, tmp_path):
        done = await moving
        moved = time.perf_counter() - began
        while await counting_late(office) < CASES:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.2)
    print(
        f"\n{CASES} cases asked in {asked:.0f} s, {CASES / asked:.1f} a second; moved in {moved:.0f} s,"
        f" {CASES / moved:.1f} a second, a worker killed meanwhile"
    )
    assert [(each.outcome, each.count) for each in done.tallies] == [
        (migrations_pb2.MIGRATION_OUTCOME_MOVED, CASES)
    ]
    for case in cases:
        acts = sorted(act.verb for act in await office.acts(case))
        assert acts == ["migrate", "replan"]
