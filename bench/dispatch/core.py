"""The matching core alone, beside the plain loop: the same technicians, needs and answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.dispatch import plain
from bench.harness import Figure, Result, Round, alternate
from kit.db.session import Database
from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.facts import Fact, Facts, OutletTerms, Profile, Workload
from services.workorder.domain.dispatch.hours import micros_of
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.domain.dispatch.roster import Roster
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.skill import parse_required
from services.workorder.store.dispatch import facts, policies
from services.workorder.store.orders import work_orders

#: How many orders are matched in a round.
_ASKED: Final = 20


@dataclass(frozen=True, slots=True)
class Company:
    """What both sides match with."""

    people: Sequence[Facts]
    roster: Roster
    policy: Policy
    needs: Sequence[Need]


async def read(database_url: str, work_order_ids: Sequence[str]) -> Company:
    """The company as the service's tables have it."""
    database = Database.connect(database_url, "workorder")
    now = datetime.now(UTC)
    try:
        async with database.transaction(read_only=True) as session:
            known = await facts.known_now(session)
            told = [fact async for page in facts.newest(session, known) for fact in page]
            policy = policies.policy_of(await policies.in_force(session, now))
            rows = [await work_orders.read(session, each) for each in work_order_ids[:_ASKED]]
            needs = [
                Need(
                    at=micros_of(now),
                    window=(micros_of(now), micros_of(now + timedelta(minutes=1_440))),
                    service_minutes=policy.service_minutes,
                    place_codes=tuple(dict.fromkeys((row.adcode, *row.adcode_path))),
                    location=Point(row.longitude or 0, row.latitude or 0),
                    required_skills=parse_required(row.required_skills),
                )
                for row in rows
            ]
    finally:
        await database.close()
    people = _people(told)
    roster = Roster()
    for one in people:
        roster.put(one)
    return Company(people, roster, policy, needs)


def _people(told: Iterable[Fact]) -> list[Facts]:
    profiles: dict[str, Profile] = {}
    workloads: dict[str, Workload] = {}
    terms: dict[str, OutletTerms] = {}
    for fact in told:
        match fact.said:
            case Profile():
                profiles[fact.subject_id] = fact.said
            case Workload():
                workloads[fact.subject_id] = fact.said
            case OutletTerms():
                terms[fact.subject_id] = fact.said
    return [
        Facts(technician_id, profile, workloads[technician_id], terms.get(profile.outlet_id))
        for technician_id, profile in profiles.items()
    ]


async def beside_plain(company: Company, rounds: int) -> list[Result]:
    """Orders matched a second; the answers of both are compared first."""
    for need in company.needs:
        ours, theirs = _ours(company, need), plain.rank(company.people, need, company.policy)
        assert ours[1] == theirs[1]
        assert ours[0] == [(score, technician_id) for score, _, _, technician_id in theirs[0]]
    case = f"core {len(company.people)}"
    return await alternate(
        _round(case, company.needs, lambda need: _ours(company, need)),
        _round(case, company.needs, lambda need: plain.rank(company.people, need, company.policy)),
        rounds,
        {case: "baseline: one technician after the other in a Python loop; answers equal"},
    )


def _ours(company: Company, need: Need) -> tuple[list[tuple[int, str]], int]:
    found = matching.survey(company.roster, need, company.policy)
    nothing = [0] * len(found.technician_ids)
    ranking = matching.rank(found, need, company.policy, nothing)
    candidates = list(zip((-ranking.score).tolist(), ranking.technician_ids, strict=True))
    return candidates, sum(ranking.excluded.values())


def _round(case: str, needs: Sequence[Need], match: Callable[[Need], object]) -> Round:
    async def one_round() -> list[Figure]:
        began = time.perf_counter()
        for need in needs:
            match(need)
        rate = len(needs) / (time.perf_counter() - began)
        await asyncio.sleep(0)
        return [Figure(case, rate, "orders/s", "higher")]

    return one_round
