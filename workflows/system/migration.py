"""The running cases of a flow move to another version, as far as that is proven safe, or are asked
whether they could.

Each case answers for itself, from its own state: what the read model shows is not enough to prove
anything. They are asked page by page at a limited rate, since one that is cold is replayed to answer.
Every case has an order of its own, so a kill in between moves none twice and forgets none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from kit.calendar import BusinessCalendar
    from workflows.activities.migrating import CaseToMove, Turn
    from workflows.runtime.audit import SYSTEM
    from workflows.runtime.calendars import (
        GET_CALENDAR,
        calendar_from_reply,
        edited_calendar_request,
    )
    from workflows.runtime.migration import MigrationOrder, Outcome
    from workflows.system.calling import UNTIL_ANSWERED, call, record

MIGRATION: Final = "Migration"
#: Longer than a case may take to answer.
_NO_WORD_FOR: Final = timedelta(seconds=20)
_PAGE: Final = 50
_OUTCOMES: Final = {
    Outcome.SAFE: "MIGRATION_OUTCOME_SAFE",
    Outcome.NEEDS_CHOICE: "MIGRATION_OUTCOME_NEEDS_CHOICE",
    Outcome.UNSAFE: "MIGRATION_OUTCOME_UNSAFE",
}


@dataclass(frozen=True, slots=True)
class Migration:
    """What is to be moved where, and how far it is.

    Attributes:
        calendar_code: by which the version counts working time; empty: round the clock.
        from_version: 0: cases of any other version.
        case_ids: only these; none: all open cases.
        choices: from an old node to the new one on which to begin afresh.
        dry_run: nothing moves.
        per_second: how many cases are asked a second, beside the acts of people.
        next_page: where the list of cases goes on.
        looked: how many cases have had their turn.
        recorded: how often the read model was told.
    """

    migration_id: str
    flow_code: str
    to_version: int
    plan_hash: str
    ordered_by_person_id: str
    calendar_code: str = ""
    from_version: int = 0
    case_ids: tuple[str, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    dry_run: bool = True
    per_second: float = 20.0
    started_at: datetime | None = None
    next_page: str = ""
    looked: int = 0
    recorded: int = 0


@workflow.defn(name=MIGRATION)
class MigrationWorkflow:
    """One migration."""

    @workflow.run
    async def run(self, order: Migration) -> int:
        """Give every case its turn; the result is how many had one."""
        self._now = order
        if order.started_at is None:
            self._now = replace(order, started_at=workflow.info().workflow_start_time)
            await self._record([])
        if order.case_ids:
            await self._take_turns([await self._case(case_id) for case_id in order.case_ids])
        else:
            await self._go_through_all()
        await self._record([], ended=True)
        return self._now.looked

    async def _go_through_all(self) -> None:
        while True:
            page = await call(
                "cases.v1.CaseService/ListCases",
                {
                    "flow_code": self._now.flow_code,
                    "flow_version": self._now.from_version,
                    "open": True,
                    "page": {"page_size": _PAGE, "page_token": self._now.next_page},
                },
            )
            await self._take_turns(page["cases"])
            token = page["page"]["next_page_token"]
            if not token:
                return
            self._now = replace(self._now, next_page=token)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._now)

    async def _case(self, case_id: str) -> dict[str, Any]:
        return await call("cases.v1.CaseService/GetCase", {"case_id": case_id})

    async def _take_turns(self, found: list[dict[str, Any]]) -> None:
        """Let those have their turn that have another version."""
        now = self._now
        cases = [
            CaseToMove(c["case_id"], c["workflow_id"], c["title"], c["flow_version"])
            for c in found
            if c["flow_version"] != now.to_version or now.choices
        ]
        if not cases:
            return
        turns: list[Turn] = await workflow.execute_activity(
            "migrate_cases",
            args=[
                cases,
                self._order(await self._calendar()),
                now.plan_hash,
                now.dry_run,
                now.per_second,
            ],
            result_type=list[Turn],
            start_to_close_timeout=timedelta(seconds=60 + 30 * len(cases)),
            heartbeat_timeout=_NO_WORD_FOR,
            retry_policy=UNTIL_ANSWERED,
            summary=f"{now.flow_code} → v{now.to_version}：{len(cases)} 个个案",
        )
        self._now = replace(now, looked=now.looked + len(turns))
        await self._record(turns)

    async def _calendar(self) -> BusinessCalendar | None:
        """The version's calendar as it is now; None: it needs none, or the company has no such one,
        as the cases that need it will say."""
        code = self._now.calendar_code
        if not code:
            return None
        try:
            reply = await call(GET_CALENDAR, edited_calendar_request(code, workflow.now()))
        except ActivityError:
            return None
        return calendar_from_reply(reply)

    def _order(self, calendar: BusinessCalendar | None) -> MigrationOrder:
        now = self._now
        return MigrationOrder(
            order_key=f"{SYSTEM}/{now.migration_id}",
            flow_version=now.to_version,
            ordered_by=now.ordered_by_person_id,
            choices=now.choices,
            reason=now.reason,
            origin=SYSTEM,
            calendar=calendar,
        )

    async def _record(self, turns: list[Turn], *, ended: bool = False) -> None:
        now = self._now = replace(self._now, recorded=self._now.recorded + 1)
        told: dict[str, Any] = {
            "migration_id": now.migration_id,
            "flow_code": now.flow_code,
            "from_version": now.from_version,
            "to_version": now.to_version,
            "dry_run": now.dry_run,
            "choices": now.choices,
            "reason": now.reason,
            "ordered_by_person_id": now.ordered_by_person_id,
            "started_at": now.started_at.isoformat() if now.started_at else "",
            "case_count": now.looked,
        }
        if ended:
            told["ended_at"] = workflow.now().isoformat()
        await record(
            "cases.v1.MigrationService/RecordMigration",
            now.recorded,
            migration=told,
            cases=[_in_words(turn) for turn in turns],
        )


def _in_words(turn: Turn) -> dict[str, Any]:
    """In the words of ``cases.v1.CaseMigration``."""
    outcome = _OUTCOMES[turn.verdict.outcome]
    if turn.moved:
        outcome = "MIGRATION_OUTCOME_MOVED"
    elif not turn.answered:
        outcome = "MIGRATION_OUTCOME_NO_ANSWER"
    findings = [asdict(finding) for finding in turn.verdict.findings]
    for finding in findings:
        del finding["passing"]
    return {
        "case_id": turn.case.case_id,
        "title": turn.case.title,
        "flow_version": turn.case.flow_version,
        "outcome": outcome,
        "findings": findings,
        "questions": [asdict(question) for question in turn.verdict.questions],
    }
