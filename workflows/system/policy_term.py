"""A price mode that was switched, or a region that was frozen, for a time: whoever keeps prices is told
when it begins and when it is over, and its end is written into the audit.

Nothing depends on it: a switch and a freeze end by the clock, whether this runs or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.language.times import shanghai_text
    from workflows.runtime.shell.lifetime import begin_next_run
    from workflows.system.calling import call, tell

POLICY_TERM: Final = "PolicyTerm"
_TEMPLATE: Final = "price_policy_changed"
_ROLE: Final = "pricing_manager"
#: Then the next run goes on waiting, on the build that is present by then: none is kept for a year.
_LONGEST_RUN: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PolicyTerm:
    """What holds for a time.

    Attributes:
        what: in words, such as 价格模式 大促.
        where: in words; empty: everywhere.
        begins_at: an ISO instant.
        ends_at: an ISO instant; empty: until somebody ends it.
        record_end: the RPC that writes its end into the audit.
        name_of_id: how that calls what is over.
        begun: its beginning was told.
    """

    policy_id: str
    what: str
    where: str
    reason: str
    begins_at: str
    ends_at: str
    record_end: str
    name_of_id: str
    begun: bool = False


@workflow.defn(name=POLICY_TERM)
class PolicyTermWorkflow:
    """One switch or freeze, from when it is recorded until it is over."""

    @workflow.init
    def __init__(self, term: PolicyTerm) -> None:
        self._term = term
        self._ended_because: str | None = None

    @workflow.signal
    def ended(self, reason: str) -> None:
        """Somebody has ended it."""
        self._ended_because = reason

    @workflow.run
    async def run(self, term: PolicyTerm) -> None:
        """Tell its beginning; wait for its end, record it, tell it."""
        if not term.begun:
            if await self._is_ended_before(term.begins_at, f"{term.what}：等待生效"):
                return
            await self._tell(f"{term.what} 已生效", term.reason)
            self._term = replace(term, begun=True)
        if not term.ends_at:
            return
        if not await self._is_ended_before(term.ends_at, f"{term.what}：等待到期"):
            key = f"{workflow.info().workflow_id}/end"
            await call(term.record_end, {"idempotency_key": key, term.name_of_id: term.policy_id})
        await self._tell(f"{term.what} 已结束", self._ended_because or "到期")

    async def _is_ended_before(self, instant: str, summary: str) -> bool:
        """Wait until an instant; whether somebody ended it before."""
        left = datetime.fromisoformat(instant) - workflow.now()
        if self._ended_because is None and left > timedelta(0):
            try:
                await workflow.wait_condition(
                    lambda: self._ended_because is not None,
                    timeout=min(left, _LONGEST_RUN),
                    timeout_summary=summary,
                )
            except TimeoutError:
                if left > _LONGEST_RUN:
                    begin_next_run([self._term])
        return self._ended_because is not None

    async def _tell(self, what: str, reason: str) -> None:
        message = {
            "idempotency_key": f"{workflow.info().workflow_id}/{what}",
            "template_code": _TEMPLATE,
            "variables": {
                "what": what,
                "where": self._term.where,
                "reason": reason,
                "begins_at": _shown(self._term.begins_at),
                "ends_at": _shown(self._term.ends_at),
            },
        }
        await tell(message, {"role": _ROLE})


def _shown(instant: str) -> str:
    return shanghai_text(datetime.fromisoformat(instant)) if instant else ""
