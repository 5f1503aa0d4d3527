"""Lists of work orders: any filter, in four orders, within the budget at a million rows.

What few work orders fit is looked up in the index of terms, all of it at once; what many fit is
compared by column, where an index in the order of the list can serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import InvalidArgument
from kit.ids import least_id
from services.workorder.domain.orders import finding
from services.workorder.domain.orders.listing import Sorting, Wanted
from services.workorder.domain.orders.work_order import Outcome
from services.workorder.store.same_customers import is_work_for
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow

#: More than these are not counted.
COUNTED: Final = 10_000
#: In words, so that the planner sees at once that the indexes of open work orders serve.
OPEN: Final = text("work_order.state NOT IN ('accepted_by_customer', 'cancelled')")

_Condition = ColumnElement[bool] | TextClause
_KEYS: Final[dict[Sorting, tuple[Any, ...]]] = {
    Sorting.NEWEST: (WorkOrderRow.work_order_id,),
    Sorting.PRIORITY: (WorkOrderRow.priority, WorkOrderRow.work_order_id),
    Sorting.DUE: (WorkOrderRow.due_at, WorkOrderRow.work_order_id),
    Sorting.EARNING: (OfferRow.earning_minor, WorkOrderRow.work_order_id),
}
_DOWNWARDS: Final = (Sorting.NEWEST, Sorting.EARNING)


async def page(
    session: AsyncSession, wanted: Wanted, sorting: Sorting, after: Sequence[str] | None, size: int
) -> Sequence[WorkOrderRow]:
    """A page of work orders, after the one with this key (``key_of``).

    PostgreSQL takes the pairs of a word for independent of each other, and so a word that many have
    for rare: it would gather all of them to show the first. So what is longer is counted first.
    """
    guessed = len(wanted.words) > 1 or not all(map(finding.is_told_by_terms, wanted.words))
    many = guessed and await count(session, wanted) > COUNTED
    return (await session.scalars(page_query(wanted, sorting, after, size, many=many))).all()


def page_query(
    wanted: Wanted, sorting: Sorting, after: Sequence[str] | None, size: int, *, many: bool = False
) -> Select[tuple[WorkOrderRow]]:
    """The query of a page; where many have the words, along the order of the list."""
    keys = _KEYS[sorting]
    conditions = [*_conditions(wanted, many=many), *_sortable(sorting)]
    query = select(WorkOrderRow).where(*conditions).limit(size)
    if sorting is Sorting.EARNING:
        query = query.join(OfferRow, _shown_offer(wanted))
    if after is not None:
        bound = tuple_(*(literal(v) for v in _read_key(sorting, after)))
        key = tuple_(*keys)
        query = query.where(key < bound if sorting in _DOWNWARDS else key > bound)
    return query.order_by(*(k.desc() if sorting in _DOWNWARDS else k.asc() for k in keys))


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many fit; one more than ``COUNTED`` when there are more."""
    return await session.scalar(count_query(wanted)) or 0


def count_query(wanted: Wanted) -> Select[tuple[int]]:
    """The query of a count."""
    some = select(literal(1)).select_from(WorkOrderRow).where(*_conditions(wanted))
    return select(func.count()).select_from(some.limit(COUNTED + 1).subquery())


def key_of(row: WorkOrderRow, sorting: Sorting, technician_id: str = "") -> tuple[str, ...]:
    """Where the page after this row starts; ``technician_id``: whose list it is."""
    match sorting:
        case Sorting.NEWEST:
            return (row.work_order_id,)
        case Sorting.PRIORITY:
            return (str(row.priority), row.work_order_id)
        case Sorting.DUE:
            return (row.due_at.isoformat() if row.due_at else "", row.work_order_id)
        case Sorting.EARNING:
            live = row.live_offer(technician_id)
            return (str(live.earning_minor if live else 0), row.work_order_id)


def key_length(sorting: Sorting) -> int:
    """Of how many words a key is made."""
    return len(_KEYS[sorting])


def _read_key(sorting: Sorting, words: Sequence[str]) -> tuple[object, ...]:
    try:
        return _key(sorting, words)
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error


def _key(sorting: Sorting, words: Sequence[str]) -> tuple[object, ...]:
    match sorting:
        case Sorting.NEWEST:
            return tuple(words)
        case Sorting.DUE:
            return datetime.fromisoformat(words[0]), words[1]
        case Sorting.PRIORITY | Sorting.EARNING:
            return int(words[0]), words[1]


def _sortable(sorting: Sorting) -> list[_Condition]:
    """What a list by urgency leaves out: that which is over, or never due."""
    match sorting:
        case Sorting.PRIORITY:
            return [OPEN]
        case Sorting.DUE:
            return [OPEN, WorkOrderRow.due_at.is_not(None)]
        case Sorting.NEWEST | Sorting.EARNING:
            return []


def _shown_offer(wanted: Wanted) -> ColumnElement[bool]:
    """The technician's own offer; to others the first of those that live."""
    live = and_(
        OfferRow.work_order_id == WorkOrderRow.work_order_id,
        or_(OfferRow.outcome.is_(None), OfferRow.outcome == Outcome.ACCEPTED),
    )
    if wanted.scope.technician_id:
        return and_(live, OfferRow.technician_id == wanted.scope.technician_id)
    other = aliased(OfferRow)
    earlier = exists().where(
        other.work_order_id == OfferRow.work_order_id,
        other.offer_id < OfferRow.offer_id,
        other.outcome.is_(None),  # beside one that was accepted there is none
    )
    return and_(live, ~earlier)


def _conditions(wanted: Wanted, *, many: bool = False) -> list[_Condition]:
    conditions: list[_Condition] = [OPEN] if wanted.open_only else []
    few, customers = _rare_terms(wanted), {wanted.customer_id, wanted.scope.customer_id} - {""}
    conditions += map(is_work_for, sorted(customers))
    if few:
        conditions.append(WorkOrderRow.terms.contains([*few, *_common_terms(wanted)]))
    else:
        conditions += _common_columns(wanted)
    if len(wanted.states) > 1:
        conditions.append(WorkOrderRow.state.in_(wanted.states))
    if wanted.case_id:
        conditions.append(WorkOrderRow.case_id == wanted.case_id)
    if wanted.parent_work_order_id:
        conditions.append(WorkOrderRow.parent_work_order_id == wanted.parent_work_order_id)
    if wanted.priority:
        conditions.append(WorkOrderRow.priority == wanted.priority)
    if wanted.scope.region_codes:
        conditions.append(
            WorkOrderRow.terms.overlap([f"at:{code}" for code in wanted.scope.region_codes])
        )
    says = _says_by_reading if many else _says
    return [*conditions, *_times(wanted), *map(says, wanted.words)]


def _rare_terms(wanted: Wanted) -> list[str]:
    said = (
        ("technician", wanted.technician_id),
        ("technician", wanted.scope.technician_id),
        ("team", wanted.team_id),
        ("outlet", wanted.outlet_id),
        ("asset", wanted.asset_id),
        ("at", wanted.region_code),
        ("item", wanted.item_code),
    )
    return [f"{kind}:{value}" for kind, value in said if value]


def _common_terms(wanted: Wanted) -> list[str]:
    terms = [f"state:{wanted.states[0]}"] if len(wanted.states) == 1 else []
    if wanted.stage:
        terms.append(f"stage:{wanted.stage}")
    if wanted.source:
        terms.append(f"source:{wanted.source}")
    return terms


def _common_columns(wanted: Wanted) -> list[_Condition]:
    conditions: list[_Condition] = []
    if len(wanted.states) == 1:
        conditions.append(WorkOrderRow.state == wanted.states[0])
    if wanted.stage:
        conditions.append(WorkOrderRow.stage == wanted.stage)
    if wanted.source:
        conditions.append(WorkOrderRow.source == wanted.source)
    return conditions


def _times(wanted: Wanted) -> list[_Condition]:
    bounds = (
        (WorkOrderRow.created_at, wanted.created_from, wanted.created_before),
        (WorkOrderRow.window_start, wanted.window_from, wanted.window_before),
        (WorkOrderRow.due_at, None, wanted.due_before),
    )
    conditions: list[_Condition] = []
    for column, since, until in bounds:
        if since is not None:
            conditions.append(column >= since)
        if until is not None:
            conditions.append(column < until)
    # Ids sort by the time they were made, so a list of some days is a stretch of the newest first.
    if wanted.created_from is not None:
        conditions.append(WorkOrderRow.work_order_id >= least_id("wo", wanted.created_from))
    if wanted.created_before is not None:
        end = least_id("wo", wanted.created_before + timedelta(milliseconds=1))
        conditions.append(WorkOrderRow.work_order_id < end)
    if wanted.due_before is not None:
        conditions += [OPEN, WorkOrderRow.state != "completed"]
    return conditions


def _says(word: str) -> ColumnElement[bool]:
    """The text has this word in it, or the work order or what it belongs to is called so."""
    terms = finding.word_terms(word)
    in_text = WorkOrderRow.terms.contains(terms) if terms else false()
    if not finding.is_told_by_terms(word):
        # Not by LIKE: PostgreSQL would take it for rare, and gather all of a word that many have.
        in_text &= func.strpos(WorkOrderRow.search_text, word) > 0
    if id_term := finding.id_term(word):
        return or_(in_text, WorkOrderRow.terms.contains([id_term]))
    return in_text


def _says_by_reading(word: str) -> ColumnElement[bool]:
    """The same, for words that are met soon: no index is asked for them."""
    in_text = func.strpos(WorkOrderRow.search_text, word) > 0
    if id_term := finding.id_term(word):
        return or_(in_text, WorkOrderRow.terms.contains([id_term]))
    return in_text
