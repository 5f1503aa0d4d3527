"""What the read model keeps of a migration: counts by outcome and reason, and what became of each case."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import ServiceError
from protos.cases.v1 import migrations_pb2
from protos.cases.v1.migrations_pb2_grpc import MigrationServiceStub
from protos.common.v1 import page_pb2
from tests.rpc.cases.telling import NOW, TECHNICIAN
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.migrations_pb2_grpc import MigrationServiceAsyncStub

OPS = Actor("pe_ops", frozenset({"ops"}))
SAFE = migrations_pb2.MIGRATION_OUTCOME_SAFE
UNSAFE = migrations_pb2.MIGRATION_OUTCOME_UNSAFE
NEEDS_CHOICE = migrations_pb2.MIGRATION_OUTCOME_NEEDS_CHOICE
_keys = itertools.count(1)


def stub(served: Served, actor: Actor) -> MigrationServiceAsyncStub:
    return served.stub(MigrationServiceStub, actor)  # type: ignore[return-value]  # async over an aio channel


def migration(**more: Any) -> migrations_pb2.Migration:
    message = migrations_pb2.Migration(
        migration_id="mg_1",
        flow_code="measure",
        to_version=2,
        dry_run=True,
        choices={"check": "review"},
        ordered_by_person_id="pe_ops",
        **more,
    )
    message.started_at.FromDatetime(NOW)
    return message


def unfit(case_id: str, node: str = "make") -> migrations_pb2.CaseMigration:
    case = migrations_pb2.CaseMigration(case_id=case_id, flow_version=1, outcome=UNSAFE)
    case.findings.add(
        code="MIGRATION_VALUE_UNSET", node=node, words="没有经过", words_en="has not come through"
    )
    return case


def asking(case_id: str) -> migrations_pb2.CaseMigration:
    case = migrations_pb2.CaseMigration(case_id=case_id, flow_version=1, outcome=NEEDS_CHOICE)
    question = case.questions.add(node="check", title="复核", words="没有「复核」")
    question.targets.add(node="review", title="复核", why="same_name")
    return case


async def tell(
    served: Served, *cases: migrations_pb2.CaseMigration, **more: Any
) -> migrations_pb2.Migration:
    request = migrations_pb2.RecordMigrationRequest(
        idempotency_key=f"record-{next(_keys)}", migration=migration(**more), cases=cases
    )
    return await stub(served, SYSTEM).RecordMigration(request)


@pytest.fixture(scope="module")
async def told(served: Served) -> Served:
    await tell(served)
    safe = [
        migrations_pb2.CaseMigration(case_id=f"ca_s{number}", flow_version=1, outcome=SAFE)
        for number in range(3)
    ]
    await tell(served, *safe, unfit("ca_u1"), asking("ca_q1"), case_count=5)
    await tell(served, unfit("ca_u2", "each/1.2:make"), case_count=6)
    return served


async def test_outcomes_are_counted_by_their_reasons(told: Served) -> None:
    request = migrations_pb2.GetMigrationRequest(migration_id="mg_1")
    found = await stub(told, OPS).GetMigration(request)
    assert found.case_count == 6
    assert dict(found.choices) == {"check": "review"}
    assert [(t.outcome, t.code, t.node, t.count) for t in found.tallies] == [
        (SAFE, "", "", 3),
        (UNSAFE, "MIGRATION_VALUE_UNSET", "make", 2),
        (NEEDS_CHOICE, "", "check", 1),
    ]


async def test_cases_are_listed_by_what_became_of_them_page_by_page(told: Served) -> None:
    request = migrations_pb2.ListCaseMigrationsRequest(
        migration_id="mg_1", outcome=UNSAFE, page=page_pb2.PageRequest(page_size=1)
    )
    first = await stub(told, OPS).ListCaseMigrations(request)
    assert [case.case_id for case in first.cases] == ["ca_u1"]
    request.page.page_token = first.page.next_page_token
    second = await stub(told, OPS).ListCaseMigrations(request)
    assert [case.case_id for case in second.cases] == ["ca_u2"]
    assert second.cases[0].findings[0].node == "each/1.2:make"
    assert not second.page.next_page_token


async def test_a_question_keeps_its_targets(told: Served) -> None:
    request = migrations_pb2.ListCaseMigrationsRequest(migration_id="mg_1", outcome=NEEDS_CHOICE)
    [case] = (await stub(told, OPS).ListCaseMigrations(request)).cases
    [target] = case.questions[0].targets
    assert (target.node, target.why) == ("review", "same_name")


async def test_a_case_whose_turn_comes_again_stands_once(told: Served) -> None:
    moved = migrations_pb2.CaseMigration(case_id="ca_u2", flow_version=1, outcome=UNSAFE)
    await tell(told, moved, case_count=6)
    await tell(told, unfit("ca_u2", "each/1.2:make"), case_count=6)
    request = migrations_pb2.ListCaseMigrationsRequest(migration_id="mg_1")
    assert len((await stub(told, OPS).ListCaseMigrations(request)).cases) == 6


async def test_only_the_migration_records_itself_and_only_operations_look(told: Served) -> None:
    with pytest.raises(ServiceError, match="MIGRATION_FORBIDDEN"):
        await stub(told, OPS).RecordMigration(
            migrations_pb2.RecordMigrationRequest(idempotency_key="x", migration=migration())
        )
    request = migrations_pb2.GetMigrationRequest(migration_id="mg_1")
    with pytest.raises(ServiceError, match="ROLE_REQUIRED"):
        await stub(told, TECHNICIAN).GetMigration(request)


async def test_a_migration_that_nobody_ordered_is_unknown(told: Served) -> None:
    request = migrations_pb2.GetMigrationRequest(migration_id="mg_0")
    with pytest.raises(ServiceError, match="MIGRATION_UNKNOWN"):
        await stub(told, OPS).GetMigration(request)
