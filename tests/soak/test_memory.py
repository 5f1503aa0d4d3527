"""Many more cases are open than a worker's memory holds: it stays within what it is given, and acts on
any of them are answered.

``OPEN_CASES=10000 CASE_MEMORY=160 python -m pytest -s tests/soak/test_memory.py`` is the whole of it; by
itself it takes as many as fit into a few minutes.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import quantiles

import pytest

from kit.errors import Unavailable
from tests.workflow.conftest import Office, eventually
from tests.workflow.doomed import doomed_worker
from workflows.client import Act, CaseStart, StartedCase

CASES = int(os.environ.get("OPEN_CASES", "1500"))
MEGABYTES = int(os.environ.get("CASE_MEMORY", "60"))
LONGEST_TEST_SECONDS = 300 + CASES // 2

_COMPLAINT = Path("flows/complaint/flow.yaml").read_text()
_TASK = "take_down/1"
_SEED = 20261122
_ACTED_ON = 100
_AT_ONCE = 8
_PATIENCE_SECONDS = 120
#: Before these the worker has not yet loaded all it needs.
_FIRST = 50


def private_megabytes(process_id: int) -> float:
    """The memory that a process shares with nobody."""
    lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1_000


async def start(office: Office, flow_code: str, numbers: Sequence[int]) -> list[StartedCase]:
    """Start cases that wait for the customer service, and let them come to wait."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> StartedCase:
        inputs = {"customer_id": "cu_1", "region_adcode": "110105"}
        wanted = CaseStart(flow_code, inputs, started_by="pe_clerk", start_key=str(number))
        async with gate:
            case = await eventually(
                lambda: _started(office, wanted), "it is started", _PATIENCE_SECONDS
            )
            await office.settled(case, _PATIENCE_SECONDS)
            return case

    return list(await asyncio.gather(*(one(number) for number in numbers)))


async def _started(office: Office, wanted: CaseStart) -> StartedCase | None:
    try:
        return await office.cases.start(wanted)
    except Unavailable:  # the machine is busy; the key keeps it one case
        return None


async def act_on(office: Office, case: StartedCase, act_key: str) -> float:
    """How long it takes until an act is answered, in milliseconds."""
    act = Act(act_key, "comment", "pe_li", _TASK, comment="已联系客户")
    began = time.perf_counter()

    async def answer() -> bool:
        try:
            reply = await office.cases.act(case.workflow_id, act)
        except Unavailable:
            return False
        assert reply.applied, reply.refusal
        return True

    await eventually(answer, "the act is answered", _PATIENCE_SECONDS)
    return (time.perf_counter() - began) * 1_000


async def test_open_cases_beyond_a_workers_memory_cost_it_nothing(
    real_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = real_office
    office.company.people = {"customer_service": ["pe_li"], "supervisor": ["pe_chen"]}
    monkeypatch.setenv("GONGDAN_CASE_MEMORY_MEGABYTES", str(MEGABYTES))
    chance = Random(_SEED)
    async with doomed_worker(office, tmp_path) as worker:
        flow = await office.publish(_COMPLAINT)
        await start(office, flow.flow_code, range(_FIRST))
        before = private_megabytes(worker.pid)
        cases: list[StartedCase] = []
        grown: list[float] = []
        began = time.perf_counter()
        for number in range(0, CASES, 100):
            numbers = range(_FIRST + number, _FIRST + min(number + 100, CASES))
            cases += await start(office, flow.flow_code, numbers)
            grown.append(private_megabytes(worker.pid) - before)
        took = time.perf_counter() - began
        # The latest ones are in memory, the earliest are not.
        warm = chance.sample(cases[-_ACTED_ON * 2 :], _ACTED_ON)
        cold = chance.sample(cases[: CASES // 2], _ACTED_ON)
        times = {
            "warm": [await act_on(office, case, f"warm-{n}") for n, case in enumerate(warm)],
            "cold": [await act_on(office, case, f"cold-{n}") for n, case in enumerate(cold)],
        }
        grown.append(private_megabytes(worker.pid) - before)
    answered = {name: quantiles(milliseconds, n=20) for name, milliseconds in times.items()}
    print(
        f"\n{CASES} open cases, {CASES / took:.1f} a second; the worker has grown by at most"
        f" {max(grown):.0f} MB, {grown[-1]:.0f} MB at last, of {MEGABYTES} MB it may; acts "
        + ", ".join(
            f"{name} p50 {each[9]:.0f} p95 {each[18]:.0f} ms" for name, each in answered.items()
        )
    )
    print("grown, MB:", *(round(each) for each in grown))
    assert max(grown) < MEGABYTES
