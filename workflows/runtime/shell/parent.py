"""The case that waits for a child case: it hears how the child ends."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.runtime.commands import EndCase
from workflows.runtime.payloads import CHILD_ENDED, ParentCase, Signal
from workflows.runtime.state import Effect


class Parent:
    """Tells the parent, if there is one, before the child's workflow ends.

    Attributes:
        is_told: nothing is left to be told.
    """

    def __init__(self, parent: ParentCase | None) -> None:
        self.is_told = True
        self._parent = parent
        self._telling: asyncio.Task[None] | None = None

    def tell(self, end: EndCase, effects: tuple[Effect, ...]) -> None:
        """The case is over; what it has done is now the parent's to undo."""
        if self._parent is not None:
            self.is_told = False
            self._telling = asyncio.create_task(self._tell(self._parent, end, effects))

    async def _tell(self, parent: ParentCase, end: EndCase, effects: tuple[Effect, ...]) -> None:
        told = Signal(
            type=CHILD_ENDED,
            key=f"{parent.node}/{parent.visit}",
            payload={
                "node": parent.node,
                "visit": parent.visit,
                "outcome": end.outcome,
                "output": end.output,
                "reason": end.reason if end.outcome == "failed" else "",
                "message": end.message,
                "effects": [asdict(effect) for effect in effects],
            },
        )
        handle = workflow.get_external_workflow_handle(parent.workflow_id)
        try:
            await handle.signal("event", told)
        except FailureError as error:
            workflow.logger.warning("the parent does not hear of its child case: %s", error)
        self.is_told = True
