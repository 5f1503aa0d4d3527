"""How long a run of a workflow lasts, and on which build of this code the next one begins.

A run gives way to a new one when its history has grown long, when it finds itself on another build
than it began on (a new build has replaced the old one), or when another build has become the one
that new runs begin on (builds run side by side and a run stays with its own). It never moves to a
build whose interpreter is older, after a roll-back: that one could not read its state.

What comes in while a run gives way fails its workflow task, which is then done again from the first
event on: whoever acts waits for that. People who have just acted act again in a moment, so a run that
has grown long gives way together with the answer to an act, or once they have paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError
from temporalio.workflow import ContinueAsNewVersioningBehavior

with workflow.unsafe.imports_passed_through():
    from workflows.compiler.plan import INTERPRETER_VERSION

#: The local activity that tells which interpreter a new run would begin on.
PRESENT_INTERPRETER: Final = "present_interpreter"

#: In the memo of a run that took over from another: the build on which it began.
BEGUN_ON: Final = "begun_on"

#: A run is replayed whenever a worker takes its case up cold, at 0.4 ms an event.
MOST_EVENTS: Final = 1_000
#: How much longer it may grow until people pause.
_AMID_ACTS: Final = 1.2
_PAUSE: Final = timedelta(seconds=2)
_ASK_AGAIN_AFTER: Final = timedelta(hours=1)
_ANSWER_WITHIN: Final = timedelta(seconds=1)


class Lifetime:
    """The lifetime of the present run."""

    def __init__(self, wake: Callable[[], None], left: str) -> None:
        """Begin one.

        Args:
            wake: has the workflow look again whether it is spent.
            left: the build that the run before this one wanted to leave; empty: it did not.
        """
        info = workflow.info()
        self._wake = wake
        self._left = left
        self._began_on = _build_of(info)
        if info.continued_run_id:
            # A first task that gives nothing is one with the second, an act's, for a worker that takes
            # the run up between them, and is a task of its own when the run is replayed.
            workflow.upsert_memo({BEGUN_ON: self._began_on})
        self._asking: asyncio.Task[None] | None = None
        self._asked_at: datetime | None = None
        self._may_move = False
        #: When somebody last acted, and how long the history was then.
        self._acted: tuple[datetime, int] | None = None

    def note_act(self) -> None:
        """Somebody acts in this workflow task."""
        self._acted = workflow.now(), workflow.info().get_current_history_length()

    @property
    def leaving(self) -> str:
        """The build that this run leaves because another one is present; empty: it does not."""
        return self._began_on if self._may_move else ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing local is being asked; it must have ended before the run does."""
        return self._asking is None

    def is_spent(self, *, quiet: bool = True) -> bool:
        """Whether the next run should begin now.

        Args:
            quiet: no call is under way whose end may come in at any moment.
        """
        info = workflow.info()
        if info.is_target_worker_deployment_version_changed() and self._left != self._began_on:
            self._ask()
        return self.is_settled and (
            self._may_move
            or _build_of(info) != self._began_on
            or info.is_continue_as_new_suggested()
            or self._has_grown_long(info.get_current_history_length(), quiet)
        )

    def _has_grown_long(self, events: int, quiet: bool) -> bool:
        if events <= MOST_EVENTS:
            return False
        if self._acted is None or events > MOST_EVENTS * _AMID_ACTS:
            return True
        at, events_then = self._acted
        return quiet and (events == events_then or workflow.now() - at > _PAUSE)

    def _ask(self) -> None:
        now = workflow.now()
        if self._asked_at is None or now - self._asked_at >= _ASK_AGAIN_AFTER:
            self._asked_at = now
            self._asking = asyncio.create_task(self._see_whether_to_move())

    async def _see_whether_to_move(self) -> None:
        try:
            present: int = await workflow.execute_local_activity(
                PRESENT_INTERPRETER,
                result_type=int,
                start_to_close_timeout=_ANSWER_WITHIN,
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except FailureError as error:
            workflow.logger.warning("not known which build is present: %s", error)
            self._asked_at = None
            self._asking = None
            return  # asked again at the next event
        self._may_move = present >= INTERPRETER_VERSION
        self._asking = None
        self._wake()


def begin_next_run(args: list[Any]) -> NoReturn:
    """Continue as new, on the build that is present."""
    workflow.continue_as_new(
        args=args, initial_versioning_behavior=ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    )


def _build_of(info: workflow.Info) -> str:
    """The build of the worker on which the present workflow task runs, or ran at first."""
    version = info.get_current_deployment_version()
    return version.build_id if version else ""
