"""What people ask of the lists, and the same as one would write it first.

The plain way: no terms, every filter a column or a subquery, words by ILIKE; the only indexes are
those of keys, of a case's user tasks and acts, and of the time when cases started.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.cases.company import NOW, Company
from kit.grams import words_of
from workflows.cases.store import audit, case_lists, records, stuck, task_lists
from workflows.cases.store.audit import ActFilter
from workflows.cases.store.case_lists import CaseFilter
from workflows.cases.store.paging import COUNTED, Order
from workflows.cases.store.task_lists import UserTaskFilter
from workflows.cases.tables import ActRow, CaseRow, UserTaskRow

_PAGE: Final = 51

#: The indexes that the plain way has, beside the keys.
PLAIN_INDEXES: Final = ("ix_case_started", "ix_user_task_case", "ix_act_case")


@dataclass(frozen=True, slots=True)
class Question:
    """One list, filter and order, asked with other names each time."""

    name: str
    wanted: Callable[[random.Random], CaseFilter]
    order: Order = case_lists.NEWEST
    deep: bool = False


def questions(company: Company) -> list[Question]:
    """What is measured of the lists of cases."""
    flows = company.flow_codes

    def flow(chance: random.Random) -> str:
        return chance.choice(flows)

    def person(chance: random.Random) -> str:
        return f"pe_{chance.randrange(company.people):04}"

    def node(chance: random.Random) -> str:
        return f"node_{chance.randrange(company.nodes):02}"

    def region(chance: random.Random) -> str:
        return f"{chance.randrange(11, 51)}{chance.randrange(1, 9):02}"

    return [
        Question("newest", lambda _: CaseFilter()),
        Question("newest, a page in the middle", lambda _: CaseFilter(), deep=True),
        Question("of a flow", lambda c: CaseFilter(flow_code=flow(c))),
        Question(
            "of a flow's old version",
            lambda c: CaseFilter(flow_code=flow(c), flow_version=c.randint(1, 3)),
        ),
        Question("incidents", lambda _: CaseFilter(state=4)),
        Question("completed", lambda _: CaseFilter(state=2)),
        Question("of a flow, cancelled", lambda c: CaseFilter(flow_code=flow(c), state=3)),
        Question("open, nearest due", lambda _: CaseFilter(open=True), case_lists.DUE),
        Question(
            "of a flow, open, nearest due",
            lambda c: CaseFilter(flow_code=flow(c), open=True),
            case_lists.DUE,
        ),
        Question("longest waiting", lambda _: CaseFilter(open=True), case_lists.WAITING),
        Question("last changed", lambda _: CaseFilter(), case_lists.CHANGED),
        Question(
            "at a node, longest waiting",
            lambda c: CaseFilter(flow_code=flow(c), node=node(c)),
            case_lists.WAITING,
        ),
        Question("in a city", lambda c: CaseFilter(region_adcode=region(c))),
        Question(
            "in a city, of a flow and stage, open",
            lambda c: CaseFilter(
                region_adcode=region(c), flow_code=flow(c), stage="install", open=True
            ),
        ),
        Question("of a stage", lambda _: CaseFilter(stage="aftersale")),
        Question("of a customer", lambda c: CaseFilter(customer_id=f"cu_{c.randrange(60_000):06}")),
        Question("started by somebody", lambda c: CaseFilter(started_by=person(c))),
        Question(
            "waiting for somebody", lambda c: CaseFilter(waits_on=f"pe_{c.randrange(320):04}")
        ),
        Question("somebody acted in", lambda c: CaseFilter(acted_in_by=person(c))),
        Question("copied to somebody", lambda c: CaseFilter(copied_to=person(c))),
        Question(
            "overdue, of a flow",
            lambda c: CaseFilter(flow_code=flow(c), due_before=NOW),
            case_lists.DUE,
        ),
        Question(
            "started last month, of a flow and city",
            lambda c: CaseFilter(
                flow_code=flow(c),
                region_adcode=region(c),
                started_from=NOW - timedelta(days=60),
                started_before=NOW - timedelta(days=30),
            ),
        ),
        Question(
            "ended in a week, of a flow",
            lambda c: CaseFilter(
                flow_code=flow(c),
                ended_from=NOW - timedelta(days=60),
                ended_before=NOW - timedelta(days=53),
            ),
        ),
        Question("two words", lambda c: _words(c, "客厅 空调", "门店 维修", "别墅 电梯")),
        Question("a word that many have", lambda c: _words(c, "空调", "安装", "客厅")),
        Question("a word that none has", lambda c: _words(c, "洗衣机", "发动机", "调空")),
        Question("a flow and a word", lambda c: _words(c, "电梯", "充电桩", flow_code=flow(c))),
        Question(
            "nobody's: a node of an old version",
            lambda c: CaseFilter(flow_code=flow(c), flow_version=1, node=node(c), state=3),
        ),
    ]


def _words(chance: random.Random, *texts: str, flow_code: str = "") -> CaseFilter:
    return CaseFilter(flow_code=flow_code, words=tuple(words_of(chance.choice(texts))))


async def page_of(question: Question, session: AsyncSession, chance: random.Random) -> None:
    """A page with its user tasks, as the RPC reads it."""
    after = None
    if question.deep:
        after = (NOW - timedelta(days=chance.randrange(30, 700)), "ca_")
    rows = await case_lists.list_cases(
        session, question.wanted(chance), question.order, after, _PAGE
    )
    await records.tasks_of_cases(session, [row.case_id for row in rows], with_forms=False)


async def count_of(question: Question, session: AsyncSession, chance: random.Random) -> None:
    """How many there are, as far as it is counted."""
    await case_lists.count_cases(session, question.wanted(chance))


async def plain_page_of(question: Question, session: AsyncSession, chance: random.Random) -> None:
    """The same page, plainly."""
    after = None
    if question.deep:
        after = (NOW - timedelta(days=chance.randrange(30, 700)), "ca_")
    query = plain(question.wanted(chance))
    rows = (await session.scalars(_plain_order(question.order, query, after))).all()
    await records.tasks_of_cases(session, [row.case_id for row in rows], with_forms=False)


async def plain_count_of(question: Question, session: AsyncSession, chance: random.Random) -> None:
    """The same count, plainly."""
    some = plain(question.wanted(chance)).with_only_columns(CaseRow.case_id).limit(COUNTED + 1)
    await session.scalar(select(func.count()).select_from(some.subquery()))


def plain(wanted: CaseFilter) -> Select[tuple[CaseRow]]:
    """A filter as one would write it first."""
    query = select(CaseRow)
    equal = {
        CaseRow.flow_code: wanted.flow_code,
        CaseRow.flow_version: wanted.flow_version,
        CaseRow.state: wanted.state,
        CaseRow.stage: wanted.stage,
        CaseRow.customer_id: wanted.customer_id,
        CaseRow.started_by_person_id: wanted.started_by,
    }
    query = query.where(*(column == value for column, value in equal.items() if value))
    task = exists().where(UserTaskRow.case_id == CaseRow.case_id)
    act = exists().where(ActRow.case_id == CaseRow.case_id)
    if wanted.open:
        query = query.where(CaseRow.ended_at.is_(None))
    if wanted.region_adcode:
        query = query.where(CaseRow.region_adcode.startswith(wanted.region_adcode))
    if wanted.node:
        query = query.where(task.where(UserTaskRow.node == wanted.node))
    if wanted.waits_on:
        open_to = UserTaskRow.open_to_person_ids.contains([wanted.waits_on])
        query = query.where(task.where(open_to))
    if wanted.acted_in_by:
        query = query.where(act.where(ActRow.acting_person_id == wanted.acted_in_by))
    if wanted.copied_to:
        named = ActRow.named_person_ids.contains([wanted.copied_to])
        query = query.where(act.where(ActRow.verb == "copy_to", named))
    if wanted.due_before:
        query = query.where(task.where(UserTaskRow.due_at < wanted.due_before))
    bounds = (
        (CaseRow.started_at, wanted.started_from, wanted.started_before),
        (CaseRow.ended_at, wanted.ended_from, wanted.ended_before),
    )
    for column, since, until in bounds:
        if since and until:
            query = query.where(column >= since, column < until)
    return query.where(*(CaseRow.title.ilike(f"%{word}%") for word in wanted.words))


def _plain_order(order: Order, query: Select[Any], after: tuple[Any, ...] | None) -> Select[Any]:
    """Deadlines and waiting are looked up among the user tasks."""
    of_case = UserTaskRow.case_id == CaseRow.case_id
    looked_up = {
        case_lists.DUE: func.min(UserTaskRow.due_at),
        case_lists.WAITING: func.min(UserTaskRow.opened_at),
    }
    if order in looked_up:
        least = select(looked_up[order]).where(of_case).scalar_subquery()
        return query.order_by(least, CaseRow.case_id).limit(_PAGE)
    return order.page(query, after, _PAGE)


# Beside the lists of cases: inboxes, badges, the audit, the report.

Ask = Callable[[AsyncSession, random.Random], Any]


async def inbox(session: AsyncSession, chance: random.Random) -> None:
    """Somebody's inbox, the nearest deadline first."""
    wanted = UserTaskFilter(person_id=f"pe_{chance.randrange(320):04}")
    await task_lists.list_user_tasks(session, wanted, task_lists.URGENT, None, _PAGE)


async def inbox_of_node(session: AsyncSession, chance: random.Random) -> None:
    """Somebody's inbox, of one node."""
    wanted = UserTaskFilter(
        person_id=f"pe_{chance.randrange(320):04}",
        flow_code=f"flow_{chance.randrange(5):02}",
        node=f"node_{chance.randrange(12):02}",
    )
    await task_lists.list_user_tasks(session, wanted, task_lists.URGENT, None, _PAGE)


async def everybodys_overdue(session: AsyncSession, chance: random.Random) -> None:
    """What is overdue of a flow, whoever's it is."""
    wanted = UserTaskFilter(flow_code=f"flow_{chance.randrange(40):02}", due_before=NOW)
    await task_lists.list_user_tasks(session, wanted, task_lists.URGENT, None, _PAGE)


async def badges(session: AsyncSession, chance: random.Random) -> None:
    """Somebody's counts."""
    wanted = UserTaskFilter(person_id=f"pe_{chance.randrange(320):04}")
    await task_lists.count_by_node(session, wanted, NOW, NOW + timedelta(hours=15))


async def everybodys_badges(session: AsyncSession, chance: random.Random) -> None:
    """The counts of all open user tasks."""
    await task_lists.count_by_node(session, UserTaskFilter(), NOW, NOW + timedelta(hours=15))


async def audit_of_person(session: AsyncSession, chance: random.Random) -> None:
    """What somebody did."""
    wanted = ActFilter(person_id=f"pe_{chance.randrange(2_000):04}")
    await audit.search_acts(session, wanted, None, _PAGE)


async def audit_of_verb(session: AsyncSession, chance: random.Random) -> None:
    """Who did something to a flow's cases on one day."""
    day = NOW - timedelta(days=chance.randrange(30, 300))
    wanted = ActFilter(
        verb="transfer",
        flow_code=f"flow_{chance.randrange(40):02}",
        acted_from=day,
        acted_before=day + timedelta(days=1),
    )
    await audit.search_acts(session, wanted, None, _PAGE)


async def stuck_points(session: AsyncSession, chance: random.Random) -> None:
    """The whole report of one flow."""
    which = stuck.Which(f"flow_{chance.randrange(40):02}", 0, NOW, NOW - timedelta(days=30))
    await stuck.count_open(session, which)
    for part in (stuck.standing, stuck.tasks, stuck.parties, stuck.people, stuck.past):
        await part(session, which)


OTHERS: Final[dict[str, Ask]] = {
    "inbox": inbox,
    "inbox of a node": inbox_of_node,
    "everybody's overdue tasks of a flow": everybodys_overdue,
    "badges": badges,
    "everybody's badges": everybodys_badges,
    "audit of a person": audit_of_person,
    "audit of a verb, flow and day": audit_of_verb,
    "stuck points of a flow": stuck_points,
}
