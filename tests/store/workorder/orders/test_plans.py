"""Lists and boards find what they show by indexes, never by reading all work orders."""

import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bench.work_orders.company import Company
from bench.work_orders.fill import fill
from bench.work_orders.plans import read_whole
from bench.work_orders.questions import Question, questions
from bench.work_orders.run import LARGE
from kit.db.session import Database
from tests.conftest import NewDatabase

COMPANY = Company(patterns=2_000, outlets=200, technicians=2_000, customers=4_000, assets=6_000)
CHECKED = [question for question in questions(COMPANY) if question.queries(random.Random(1))]


@pytest.fixture(scope="module")
async def company(new_database: NewDatabase) -> AsyncIterator[Database]:
    """Twenty thousand work orders."""
    url = new_database("work_order_plans")
    fill(url, COMPANY)
    database = Database.connect(url, "workorder")
    yield database
    await database.close()


@pytest.mark.parametrize("question", CHECKED, ids=lambda question: question.name)
async def test_nothing_large_is_read_from_end_to_end(company: Database, question: Question) -> None:
    async with AsyncSession(company.engine) as session:
        for query in question.queries(random.Random(7)):
            assert not await read_whole(session, query) & LARGE


async def test_every_question_is_answered(company: Database) -> None:
    async with AsyncSession(company.engine) as session:
        for question in questions(COMPANY):
            await question.ask(session, random.Random(7))
            session.expunge_all()
