"""What is known of technicians and outlets, fact by fact, as the database itself appends it.

Facts are numbered as they are written, but a lower number may be seen later than a higher one: its
transaction takes longer. So what is known is the highest number and those below it that are missing;
they are asked for again, and given up when no transaction can be that old.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.dispatch.decision import Known
from services.workorder.domain.dispatch.facts import (
    Fact,
    Facts,
    OutletTerms,
    Profile,
    Skill,
    Workload,
)
from services.workorder.domain.dispatch.hours import FOREVER, Span
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.working_hours import Stretch
from services.workorder.tables.dispatch import DispatchFactRow

_PROFILE: Final = "profile"
_WORKLOAD: Final = "workload"
_OUTLET: Final = "outlet"

#: More facts than can be under way at once.
_LOOKED_BACK: Final = 10_000
#: Subjects asked for at once.
_PAGE: Final = 10_000

_MISSING: Final = text(
    "SELECT number FROM generate_series(greatest(1, :through - :looked_back), :through) AS number"
    " WHERE NOT EXISTS (SELECT FROM dispatch_fact WHERE fact_id = number)"
)
_NEWEST: Final = text(
    "SELECT subject.subject_kind, subject.subject_id, fact.fact_id, fact.facts FROM ("
    "  SELECT subject_kind, subject_id FROM dispatch_subject"
    "   WHERE (subject_kind, subject_id) > (:after_kind, :after_id)"
    "   ORDER BY subject_kind, subject_id LIMIT :page"
    ") AS subject LEFT JOIN LATERAL ("
    "  SELECT fact_id, facts FROM dispatch_fact AS one"
    "   WHERE one.subject_kind = subject.subject_kind AND one.subject_id = subject.subject_id"
    "     AND fact_id <= :through AND fact_id <> ALL (:missing)"
    "   ORDER BY fact_id DESC LIMIT 1"
    ") AS fact ON true ORDER BY subject.subject_kind, subject.subject_id"
)


_HOLD: Final = text(
    "SELECT FROM dispatch_subject WHERE subject_kind = :kind AND subject_id = ANY (:ids)"
    " ORDER BY subject_id FOR UPDATE"
)


async def hold_workloads(session: AsyncSession, technician_ids: Iterable[str]) -> None:
    """Have the workloads of several told by nobody else until the transaction ends. Whoever changes
    those of several holds them first: the database tells them in the order of the changes, and two
    who went by different orders would wait for each other."""
    ids = sorted(technician_ids)
    await session.execute(_HOLD, {"kind": _WORKLOAD, "ids": ids})


async def known_now(session: AsyncSession) -> Known:
    """Which facts the transaction sees."""
    through = await session.scalar(select(func.max(DispatchFactRow.fact_id))) or 0
    missing = await session.scalars(_MISSING, {"through": through, "looked_back": _LOOKED_BACK})
    return Known(through, frozenset(missing))


async def newest(session: AsyncSession, known: Known) -> AsyncIterator[Sequence[Fact]]:
    """Of every subject the newest of the known facts, many at a time."""
    kind, subject = "", ""
    while True:
        asked = {
            "after_kind": kind,
            "after_id": subject,
            "page": _PAGE,
            "through": known.through,
            "missing": sorted(known.missing),
        }
        rows = (await session.execute(_NEWEST, asked)).all()
        yield [
            _fact(row.fact_id, row.subject_kind, row.subject_id, row.facts)
            for row in rows
            if row.fact_id is not None
        ]
        if len(rows) < _PAGE:
            return
        kind, subject = rows[-1].subject_kind, rows[-1].subject_id


async def since(session: AsyncSession, known: Known) -> Sequence[Fact]:
    """What was written beyond what is known, in order."""
    beyond = DispatchFactRow.fact_id > known.through
    if known.missing:
        beyond = or_(beyond, DispatchFactRow.fact_id.in_(known.missing))
    query = select(*_COLUMNS).where(beyond).order_by(DispatchFactRow.fact_id)
    return [_fact(*row) for row in await session.execute(query)]


async def of_technician(session: AsyncSession, technician_id: str, known: Known) -> Facts | None:
    """What was known of one technician; None: nothing."""
    profile = await _said(session, known, _PROFILE, technician_id)
    if not isinstance(profile, Profile):
        return None
    workload = await _said(session, known, _WORKLOAD, technician_id)
    terms = await _said(session, known, _OUTLET, profile.outlet_id)
    return Facts(
        technician_id=technician_id,
        profile=profile,
        workload=workload if isinstance(workload, Workload) else Workload(),
        outlet=terms if isinstance(terms, OutletTerms) else None,
    )


async def _said(
    session: AsyncSession, known: Known, kind: str, subject_id: str
) -> Profile | Workload | OutletTerms | None:
    query = (
        select(*_COLUMNS)
        .where(
            DispatchFactRow.subject_kind == kind,
            DispatchFactRow.subject_id == subject_id,
            DispatchFactRow.fact_id <= known.through,
            DispatchFactRow.fact_id.not_in(known.missing),
        )
        .order_by(DispatchFactRow.fact_id.desc())
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _fact(*row).said


_COLUMNS: Final = (
    DispatchFactRow.fact_id,
    DispatchFactRow.subject_kind,
    DispatchFactRow.subject_id,
    DispatchFactRow.facts,
)


def _fact(fact_id: int, kind: str, subject_id: str, facts: dict[str, Any]) -> Fact:
    return Fact(fact_id, subject_id, _READERS[kind](facts))


def _profile_of(facts: dict[str, Any]) -> Profile:
    home = facts["home"]
    return Profile(
        active=facts["active"],
        outlet_id=facts["outlet_id"],
        cooperation_mode=facts["cooperation_mode"],
        skills={
            code: Skill(level, FOREVER if until is None else until)
            for code, (level, until) in facts["skills"].items()
        },
        territory_codes=frozenset(facts["territory_codes"]),
        home=None if home is None else Point(*home),
        daily_capacity=facts["daily_capacity"],
        rating_hundredths=facts["rating_hundredths"],
        working_hours=tuple(
            Stretch(each["weekday"], each["start_minute"], each["end_minute"])
            for each in facts["working_hours"]
        ),
        absences=_spans(facts["absences"]),
        tags=frozenset(facts["tags"]),
    )


def _workload_of(facts: dict[str, Any]) -> Workload:
    return Workload(
        open_offers=_spans(facts["open_offers"]),
        accepted_day=facts["accepted_day"],
        accepted_count=facts["accepted_count"],
        open_work=facts["open_work"],
        commitments=_spans(facts["commitments"]),
        done=facts["done"],
        reworks=facts["reworks"],
        rating_sum=facts["rating_sum"],
        rated=facts["rated"],
        earnings=tuple((day, amount) for day, amount in facts["earnings"]),
    )


def _terms_of(facts: dict[str, Any]) -> OutletTerms:
    begins, ends = facts["contract"]
    return OutletTerms(
        cooperation_modes=frozenset(facts["cooperation_modes"]),
        brand_codes=frozenset(facts["brand_codes"]),
        territory_codes=frozenset(facts["territory_codes"]),
        contract=(begins or 0, FOREVER if ends is None else ends),
        suspended=facts["suspended"],
    )


def _spans(kept: Iterable[tuple[int, int | None]]) -> tuple[Span, ...]:
    return tuple((begins, FOREVER if ends is None else ends) for begins, ends in kept)


_READERS: Final[dict[str, Callable[[dict[str, Any]], Profile | Workload | OutletTerms]]] = {
    _PROFILE: _profile_of,
    _WORKLOAD: _workload_of,
    _OUTLET: _terms_of,
}
