"""Dispatch of one order by all fifteen parameters, beside its budget; the core beside a plain loop.

Each answer goes through gRPC and the database: the order, its customer's relations and the facts that
are new are read, everybody is matched, and the decision with every candidate is stored.
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Any, Final

import psycopg

from bench.dispatch import company, core
from bench.harness import Result
from bench.serving import Metadata, service
from kit.authn import Actor
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from stack import postgres

#: Technicians, and within how many milliseconds 99 of 100 answers come.
BUDGETS: Final = {3_000: 50.0, 30_000: 100.0, 100_000: 250.0}
_ACTOR: Final = Actor("pe_bench", frozenset({"dispatcher"}))
#: Answers before any is measured.
_WARMING: Final = 20

_numbers = itertools.count()


async def run(rounds: int) -> list[Result]:
    """Measure every size."""
    results: list[Result] = []
    for technicians, budget in BUDGETS.items():
        with postgres.throwaway(durable=True) as cluster:
            company.fill(cluster.url, technicians)
            waiting = _waiting(cluster.url)
            results += await _through_rpc(cluster.url, technicians, waiting, budget, rounds)
            read = await core.read(cluster.url, waiting)
            results += await core.beside_plain(read, max(1, rounds // 2))
    return results


async def _through_rpc(
    database_url: str, technicians: int, waiting: list[str], budget: float, rounds: int
) -> list[Result]:
    async with service("workorder", database_url, _ACTOR) as (channel, metadata):
        stub = workorder_pb2_grpc.WorkOrderServiceStub(channel)
        for work_order_id in waiting[:_WARMING]:
            await _milliseconds(stub, work_order_id, metadata)
        taken = [
            await _milliseconds(stub, work_order_id, metadata)
            for _ in range(rounds)
            for work_order_id in waiting
        ]
    p99, median = statistics.quantiles(taken, n=100)[98], statistics.median(taken)
    candidates = _mean_candidates(database_url)
    note = (
        f"baseline: the budget; median {median:.1f} ms, longest {max(taken):.1f} ms of {len(taken)}"
        f" answers, {candidates:.1f} candidates each"
    )
    return [Result(f"p99 {technicians}", p99, budget, budget / p99, "ms", note)]


async def _milliseconds(stub: Any, work_order_id: str, metadata: Metadata) -> float:
    request = workorder_pb2.RankCandidatesRequest(
        idempotency_key=f"bench-{next(_numbers)}", work_order_id=work_order_id
    )
    began = time.perf_counter()
    decision = await stub.RankCandidates(request, metadata=metadata)
    taken = (time.perf_counter() - began) * 1_000
    assert decision.technician_count
    assert decision.candidate_count
    assert all(len(each.factors) + len(each.checks) == 15 for each in decision.candidates)
    return taken


def _waiting(database_url: str) -> list[str]:
    query = (
        "SELECT work_order_id FROM workorder.work_order WHERE state = 'created'"
        " ORDER BY md5(work_order_id)"
    )
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute(query)]


def _mean_candidates(database_url: str) -> float:
    query = "SELECT avg(cardinality(technician_ids)) FROM workorder.dispatch_decision"
    with psycopg.connect(database_url) as connection:
        (mean,) = connection.execute(query).fetchone() or (0,)
        return float(mean)
