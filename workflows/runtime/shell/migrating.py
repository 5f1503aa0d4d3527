"""Moving a case to another version: judged when it is ordered, and once more when the case has come to
wait, against what it is then.

A run keeps the plan it began with, so that its history replays; the case moves by continuing as new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from temporalio.exceptions import ApplicationError

from workflows.compiler.plan import Plan
from workflows.runtime.commands import Command
from workflows.runtime.migration import (
    MigrationOrder,
    MigrationReply,
    Outcome,
    Verdict,
    judge,
    migrate,
)
from workflows.runtime.state import CaseState

REFUSED: Final = "MIGRATION_REFUSED"


@dataclass(frozen=True, slots=True)
class Moved:
    """A case under another version, about to continue as new."""

    state: CaseState
    commands: list[Command]
    plan: Plan
    flow_version: int


class Migrating:
    """The order that a case has been given, if any."""

    def __init__(self, *, is_child: bool) -> None:
        self._is_child = is_child
        self._ordered: tuple[MigrationOrder, Plan] | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether the case is to move as soon as it can."""
        return self._ordered is not None

    def judge(
        self,
        state: CaseState,
        plan: Plan,
        order: MigrationOrder,
        new: Plan,
        at: datetime,
        *,
        offer: bool = False,
    ) -> Verdict:
        """Whether the case can move as it stands."""
        return judge(state, plan, new, order, at, is_child=self._is_child, offer=offer)

    def check(
        self, state: CaseState, plan: Plan, order: MigrationOrder, new: Plan, at: datetime
    ) -> None:
        """See whether an order can be taken.

        Raises:
            ApplicationError: ``MIGRATION_REFUSED``, with the reply that tells why.
        """
        if order.order_key in state.acts:
            return
        verdict = self.judge(state, plan, order, new, at, offer=True)
        if verdict.outcome is not Outcome.SAFE:
            reply = MigrationReply(order.order_key, False, state.flow_version, verdict)
            message = f"the case cannot move: {verdict.outcome}"
            raise ApplicationError(message, reply, type=REFUSED, non_retryable=True)

    def order(self, state: CaseState, plan: Plan, order: MigrationOrder, new: Plan) -> None:
        """Take an order; one that was carried out, or would change nothing, is done already."""
        if order.order_key not in state.acts and (plan.hash != new.hash or order.choices):
            self._ordered = order, new

    def moved(self, state: CaseState, plan: Plan, at: datetime) -> Moved | None:
        """The case as it continues; None: nothing is ordered, or it must wait for what is under way.

        What has become unsafe since it was ordered is not carried out.
        """
        if self._ordered is None:
            return None
        order, new = self._ordered
        verdict = self.judge(state, plan, order, new, at)
        if verdict.outcome is not Outcome.SAFE:
            if not verdict.is_passing:
                self._ordered = None
            return None
        after, commands = migrate(state, plan, new, verdict.moved, order, at)
        return Moved(after, commands, new, order.flow_version)
