"""What a sweep finds is raised once, by as many statements however much it is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.anomalies.facts import (
    Evidence,
    Fact,
    Finding,
    Key,
    Subject,
    SubjectKind,
)
from services.workorder.domain.anomalies.rule import Kind, Rule, Severity
from services.workorder.store.anomalies import raise_found
from services.workorder.tables.anomalies import AnomalyEvidenceRow
from tests.store.workorder.conftest import MORNING

RULE = Rule(Kind.REPEATED_RETURNS, 1, 720, 3, 0, Severity.HIGH, 168, False, True)


def found(count: int, facts: int = 3) -> list[Finding]:
    """So many addresses with so many cancellations each."""
    findings = []
    for number in range(count):
        subject = Subject(SubjectKind.ADDRESS, f"ad_{number}")
        evidence = tuple(
            Evidence(
                Fact(
                    f"cancel:wo_{number}_{each}", subject, MORNING + timedelta(minutes=each),
                    f"wo_{number}_{each}", "pe_zhang", "110105",
                ),
                facts,
                3,
            )
            for each in range(facts)
        )  # fmt: skip
        findings.append(Finding(Key(RULE.kind, subject, RULE.bucket_of(MORNING)), evidence))
    return findings


@pytest.mark.parametrize("count", [1, 50])
async def test_as_many_statements_raise_one_as_many(session: AsyncSession, count: int) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    connection = (await session.connection()).sync_connection
    event.listen(connection, "before_cursor_execute", note)
    rows = await raise_found(session, RULE, found(count), MORNING)
    event.remove(connection, "before_cursor_execute", note)
    assert len(rows) == count
    assert len(asked) == 4


async def test_what_is_found_again_with_more_is_not_raised_but_keeps_the_new_evidence(
    session: AsyncSession,
) -> None:
    (first,) = await raise_found(session, RULE, found(1), MORNING)
    raised = await raise_found(session, RULE, found(2, facts=4), MORNING)
    assert [row.subject_id for row in raised] == ["ad_1"]
    counted = select(AnomalyEvidenceRow.anomaly_id, func.count()).group_by(
        AnomalyEvidenceRow.anomaly_id
    )
    assert dict((await session.execute(counted)).tuples().all()) == {
        first.anomaly_id: 4,
        raised[0].anomaly_id: 4,
    }
    assert not await raise_found(session, RULE, [], MORNING)
