"""What people ask of a million work orders: lists, counts, boards, figures, forecasts."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.work_orders.company import NOW, Company
from services.workorder.domain.access import Scope
from services.workorder.domain.orders.board import Grouping
from services.workorder.domain.orders.listing import Sorting, Wanted
from services.workorder.store.orders import boards, history, work_order_lists, work_orders

_PAGE: Final = 51
_EVERYWHERE: Final = Scope()

Ask = Callable[[AsyncSession, random.Random], Awaitable[object]]
Queries = Callable[[random.Random], Sequence[Select[Any]]]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked again and again.

    Attributes:
        ask: it is asked, with names that are drawn.
        queries: what PostgreSQL is asked then.
    """

    name: str
    ask: Ask
    queries: Queries


def questions(company: Company) -> list[Question]:
    """Everything that has a budget."""
    return [*_lists(company), *_boards(company), _suggestions()]


def _lists(company: Company) -> list[Question]:
    def technician(c: random.Random) -> str:
        return company.technician(c.randrange(company.technicians))

    def outlet(c: random.Random) -> str:
        return company.outlet(int(company.outlets * c.random() ** 2))

    wanted: dict[str, tuple[Callable[[random.Random], Wanted], Sorting]] = {
        "newest": (lambda c: _of(), Sorting.NEWEST),
        "open, most urgent": (lambda c: _of(open_only=True), Sorting.PRIORITY),
        "open, first due": (lambda c: _of(open_only=True), Sorting.DUE),
        "overdue, first due": (lambda c: _of(due_before=NOW), Sorting.DUE),
        "in a state": (lambda c: _of(states=(_state(c),)), Sorting.NEWEST),
        "in two states of a stage": (
            lambda c: _of(states=("created", "offered"), stage="install"),
            Sorting.NEWEST,
        ),
        "of a region": (lambda c: _of(region_code=_region(c)), Sorting.NEWEST),
        "of a region in a state": (
            lambda c: _of(region_code=_region(c), states=(_state(c),)),
            Sorting.NEWEST,
        ),
        "of a region, most urgent": (lambda c: _of(region_code=_region(c)), Sorting.PRIORITY),
        "in the actor's regions": (
            lambda c: Wanted(Scope(region_codes=(_region(c), _region(c)))),
            Sorting.NEWEST,
        ),
        "of an outlet": (lambda c: _of(outlet_id=outlet(c)), Sorting.NEWEST),
        "of an outlet, overdue": (
            lambda c: _of(outlet_id=outlet(c), due_before=NOW),
            Sorting.NEWEST,
        ),
        "of a team": (lambda c: _of(team_id=f"tm_{c.randrange(300):03}"), Sorting.NEWEST),
        "of a technician": (
            lambda c: Wanted(Scope(technician_id=technician(c))),
            Sorting.NEWEST,
        ),
        "of a technician, best paid": (
            lambda c: _of(technician_id=technician(c)),
            Sorting.EARNING,
        ),
        "of a customer": (lambda c: _of(customer_id=company.customer(c)), Sorting.NEWEST),
        "on an asset": (
            lambda c: _of(asset_id=f"as_{c.randrange(company.assets):06}"),
            Sorting.NEWEST,
        ),
        "made in a week": (_week, Sorting.NEWEST),
        "visits of a day": (_day, Sorting.NEWEST),
        "a word that many have": (
            lambda c: _of(words=(c.choice(("空调", "安装", "客厅")),)),
            Sorting.NEWEST,
        ),
        "two words": (lambda c: _of(words=("电梯", c.choice(("别墅", "仓库")))), Sorting.NEWEST),
        "a longer word": (lambda c: _of(words=("智能门锁",)), Sorting.NEWEST),
        "a word that none has": (
            lambda c: _of(words=(c.choice(("洗衣机", "发动机", "调空")),)),
            Sorting.NEWEST,
        ),
    }
    return [
        question
        for name, (drawn, sorting) in wanted.items()
        for question in (
            Question(
                f"{name}: page",
                partial(_page, drawn, sorting),
                partial(_page_queries, drawn, sorting),
            ),
            # A count stops at its limit, so that reading a table from its start may be the best.
            Question(f"{name}: count", partial(_count, drawn), lambda c: []),
        )
    ]


Drawn = Callable[[random.Random], Wanted]


async def _page(
    drawn: Drawn, sorting: Sorting, session: AsyncSession, chance: random.Random
) -> object:
    return await work_order_lists.page(session, drawn(chance), sorting, None, _PAGE)


def _page_queries(drawn: Drawn, sorting: Sorting, chance: random.Random) -> list[Select[Any]]:
    return [work_order_lists.page_query(drawn(chance), sorting, None, _PAGE)]


async def _count(drawn: Drawn, session: AsyncSession, chance: random.Random) -> object:
    return await work_order_lists.count(session, drawn(chance))


def _boards(company: Company) -> list[Question]:
    def of_outlet(c: random.Random) -> boards.Wanted:
        outlet = company.outlet(int(company.outlets * c.random() ** 2))
        return boards.Wanted(_EVERYWHERE, Grouping.STAGE, outlet_id=outlet)

    drawn: dict[str, Callable[[random.Random], boards.Wanted]] = {
        "everywhere by region": lambda c: boards.Wanted(_EVERYWHERE, Grouping.REGION),
        "everywhere by outlet": lambda c: boards.Wanted(_EVERYWHERE, Grouping.OUTLET),
        "a province by city": lambda c: boards.Wanted(
            _EVERYWHERE, Grouping.REGION, region_code=_region(c)
        ),
        "an outlet by stage": of_outlet,
    }
    asked: list[Question] = []
    for name, each in drawn.items():
        asked += [
            Question(f"board, {name}", partial(_board, each), partial(_board_queries, each)),
            Question(f"stuck, {name}", partial(_stuck, each), partial(_stuck_queries, each)),
            Question(f"figures, {name}", partial(_figures, each), partial(_figure_queries, each)),
        ]
    everywhere = drawn["everywhere by region"]
    return [
        *asked,
        Question("forecast", partial(_forecast, everywhere), partial(_arrivals, everywhere)),
    ]


DrawnBoard = Callable[[random.Random], boards.Wanted]
_TODAY: Final = (NOW - timedelta(hours=9), NOW + timedelta(hours=15))
_MONTH: Final = (NOW - timedelta(days=30), NOW)
_WEEKS: Final = (NOW - timedelta(weeks=8), NOW)


async def _board(drawn: DrawnBoard, session: AsyncSession, chance: random.Random) -> object:
    wanted = drawn(chance)
    return (
        await boards.count_open(session, wanted, NOW),
        await boards.count_ended(session, wanted, _TODAY, NOW),
    )


def _board_queries(drawn: DrawnBoard, chance: random.Random) -> list[Select[Any]]:
    wanted = drawn(chance)
    return [boards.open_query(wanted, NOW), boards.ended_query(wanted, _TODAY, NOW)]


async def _stuck(drawn: DrawnBoard, session: AsyncSession, chance: random.Random) -> object:
    return await boards.stuck(session, drawn(chance), NOW, 50)


def _stuck_queries(drawn: DrawnBoard, chance: random.Random) -> list[Select[Any]]:
    return [boards.stuck_query(drawn(chance), NOW, 50)]


async def _figures(drawn: DrawnBoard, session: AsyncSession, chance: random.Random) -> object:
    return await boards.figures(session, drawn(chance), _MONTH)


def _figure_queries(drawn: DrawnBoard, chance: random.Random) -> list[Select[Any]]:
    return [boards.figures_query(drawn(chance), _MONTH)]


async def _forecast(drawn: DrawnBoard, session: AsyncSession, chance: random.Random) -> object:
    return await boards.arrivals(session, drawn(chance), *_WEEKS)


def _arrivals(drawn: DrawnBoard, chance: random.Random) -> list[Select[Any]]:
    return [boards.arrivals_query(drawn(chance), *_WEEKS)]


def _suggestions() -> Question:
    async def ask(session: AsyncSession, chance: random.Random) -> object:
        newest = await work_order_lists.page(
            session, _of(states=("created",)), Sorting.NEWEST, None, 51
        )
        row = await work_orders.read(session, chance.choice(newest).work_order_id)
        return await history.finished_like(session, row)

    return Question("what helped before", ask, lambda c: [])


def _of(**fields: Any) -> Wanted:
    return Wanted(_EVERYWHERE, **fields)


def _state(chance: random.Random) -> str:
    return chance.choice(("created", "scheduled", "in_progress", "accepted_by_customer"))


def _region(chance: random.Random) -> str:
    """A province, a city or a district."""
    adcode = f"{11 + chance.randrange(31)}{1 + chance.randrange(12):02}01"
    return chance.choice((f"{adcode[:2]}0000", f"{adcode[:4]}00", adcode))


def _week(chance: random.Random) -> Wanted:
    begin = NOW - timedelta(days=chance.randrange(30, 700))
    return _of(created_from=begin, created_before=begin + timedelta(days=7), stage="install")


def _day(chance: random.Random) -> Wanted:
    begin = NOW - timedelta(days=chance.randrange(5, 700))
    return _of(window_from=begin, window_before=begin + timedelta(days=1))
