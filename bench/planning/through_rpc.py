"""A day planned as a dispatcher has it planned: through gRPC, the database and the roster."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from typing import Any, Final

import psycopg

from bench.dispatch import company
from bench.harness import Result
from bench.serving import service
from kit.authn import Actor
from kit.clock import SHANGHAI, SystemClock
from protos.workorder.v1 import day_plan_pb2 as pb
from protos.workorder.v1 import day_plan_pb2_grpc
from stack import postgres

_ACTOR: Final = Actor("pe_bench", frozenset({"dispatcher"}))
_TECHNICIANS: Final = 1_000
_ORDERS: Final = 300
_BUDGET: Final = 2.0
_SEARCH_MILLISECONDS: Final = 900
# So many orders wait, spread over their city.
_SPREAD: Final = """
DELETE FROM work_order_line WHERE work_order_id IN (SELECT work_order_id FROM work_order
    WHERE state = 'created' ORDER BY work_order_id OFFSET %(orders)s);
DELETE FROM work_order WHERE work_order_id IN (SELECT work_order_id FROM work_order
    WHERE state = 'created' ORDER BY work_order_id OFFSET %(orders)s);
UPDATE work_order SET
    longitude = longitude - 0.25 + (abs(hashtext(work_order_id)) %% 1000) / 2000.0,
    latitude = latitude - 0.25 + (abs(hashtext('lat' || work_order_id)) %% 1000) / 2000.0
 WHERE state = 'created';
"""

_numbers = itertools.count()


async def run(rounds: int) -> list[Result]:
    """Propose the same day with other seeds; the greedy plan is the one of the same answer."""
    with postgres.throwaway(durable=True) as cluster:
        company.fill(cluster.url, _TECHNICIANS)
        options = "-c search_path=workorder -c session_replication_role=replica"
        with psycopg.connect(cluster.url, options=options) as connection:
            for statement in _SPREAD.strip().rstrip(";").split(";\n"):
                connection.execute(statement, {"orders": _ORDERS})
        async with service("workorder", cluster.url, _ACTOR) as (channel, metadata):
            stub: Any = day_plan_pb2_grpc.DayPlanServiceStub(channel)
            await stub.ProposeDayPlan(
                _asked(0), metadata=metadata
            )  # the process that searches begins
            taken: list[float] = []
            plans: list[pb.DayPlan] = []
            for seed in range(1, rounds + 1):
                began = time.perf_counter()
                plans.append(await stub.ProposeDayPlan(_asked(seed), metadata=metadata))
                taken.append(time.perf_counter() - began)
    assert all(plan.visit_count >= _ORDERS for plan in plans)
    longest, last = max(taken), plans[-1]
    travel = [_mean(plans, name, "drive_seconds") / 3_600 for name in ("proposed", "greedy")]
    left = [_mean(plans, name, "unplaced") for name in ("proposed", "greedy")]
    said = f"{last.visit_count} visits, {last.technician_count} technicians, {last.steps} steps"
    case = f"{_ORDERS} orders, {_TECHNICIANS} technicians through gRPC"
    return [
        Result(
            f"{case}: time",
            longest,
            _BUDGET,
            _BUDGET / longest,
            "s",
            f"baseline: the budget; {said}",
        ),
        Result(
            f"{case}: travel", travel[0], travel[1], travel[1] / travel[0], "h", "baseline: greedy"
        ),
        Result(
            f"{case}: unplaced",
            left[0] + 1,
            left[1] + 1,
            (left[1] + 1) / (left[0] + 1),
            "orders + 1",
            "baseline: greedy; orders nobody makes",
        ),
    ]


def _asked(seed: int) -> pb.ProposeDayPlanRequest:
    tomorrow = SystemClock().now().astimezone(SHANGHAI).date() + timedelta(days=1)
    return pb.ProposeDayPlanRequest(
        idempotency_key=f"bench-{next(_numbers)}",
        day=tomorrow.isoformat(),
        break_minutes=45,
        search_milliseconds=_SEARCH_MILLISECONDS,
        seed=seed,
    )


def _mean(plans: list[pb.DayPlan], name: str, what: str) -> float:
    """Of all plans, what the proposed or the greedy one is worth."""
    found = [getattr(getattr(plan, name), what) for plan in plans]
    return sum(each if isinstance(each, int) else sum(each) for each in found) / len(found)
