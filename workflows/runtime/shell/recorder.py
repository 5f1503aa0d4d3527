"""Telling the case read model where a workflow stands, one telling at a time, the newest state.

While one telling is under way (perhaps for long: the service may be down) the workflow goes on; what
has changed meanwhile is told next. Acts wait here until a telling that held them is confirmed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow

from workflows.runtime.commands import CallRpc, Purpose, RecordAct
from workflows.runtime.events import RpcFailed
from workflows.runtime.payloads import Unrecorded
from workflows.runtime.shell.calls import Calls, Ended
from workflows.runtime.waiting import Waited

#: How often the workflow's conditions are looked at before: more than anything else waits for.
_TURNS: Final = 4
_TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
#: More events than Temporal lets a run have.
_LONGEST_HISTORY: Final = 100_000
#: In JSON, the character that PostgreSQL stores in no text.
_NUL: Final = "\\u0000"
_RPC: Final = "cases.v1.CaseService/RecordCase"


class Recorder:
    """What the read model knows of one workflow, and what it does not know yet."""

    def __init__(self, calls: Calls, on_told: Callable[[], None], since: Unrecorded) -> None:
        self._calls = calls
        self._on_told = on_told
        self._told = since.told_revision
        self._acts = list(since.acts)
        self._telling = False
        self._told_retries = False
        self._pausing: asyncio.Task[None] | None = None
        #: Why the read model does not take what it is told; empty: it does.
        self.refusal = ""

    @property
    def unrecorded(self) -> Unrecorded:
        """What is to be carried over to the next run."""
        return Unrecorded(self._told, tuple(self._acts))

    @property
    def is_behind(self) -> bool:
        """Whether people miss something: the whole case, an act that was applied, or the end of a
        call that they see being made again and again."""
        return self._told == 0 or bool(self._acts) or self._told_retries

    def add(self, act: RecordAct) -> None:
        """An applied act, to be told with the next state."""
        self._acts.append(act)

    def is_told(self, revision: int) -> bool:
        """Whether the read model has this revision, and with it the acts that led to it."""
        return not self._telling and self._told >= revision

    def tell(self, revision: int, standing: Callable[[], dict[str, Any]]) -> None:
        """Tell this state, unless it is told or another telling is under way.

        Args:
            standing: gives the fields of the request that say where the workflow stands.
        """
        if self._telling or self._pausing or self.is_told(revision):
            return
        self._telling = True
        acts = list(self._acts)
        request = {**standing(), "told_in_task": _this_task()}
        self._told_retries = bool(request["retried_calls"])
        request["acts"] = [_act(act, request["case"]["case_id"]) for act in acts]
        text = json.dumps(request, sort_keys=True, separators=(",", ":"))
        workflow_id = workflow.info().workflow_id
        call = CallRpc(
            call_id=f"record/{revision}",
            node="",
            visit=0,
            rpc=_RPC,
            request=_storable(request) if _NUL in text else request,
            idempotency_key=f"{workflow_id}/record/{revision}/{_digest(text)}",
            quick=True,
            summary=f"记录个案 #{revision}",
            purpose=Purpose.RECORD,
        )
        starting = self._start_last(call, revision, len(acts))
        asyncio.create_task(starting)  # noqa: RUF006 - a workflow's loop keeps its tasks

    async def _start_last(self, call: CallRpc, revision: int, acts: int) -> None:
        """Begin the call behind whatever else the workflow task gives.

        A worker that takes a case up may be handed an act before the end of an earlier telling, though
        a replay has them the other way round: the next telling is then given before the act's own
        commands or after them. It is always given last, so both are the same.
        """
        for _ in range(_TURNS):
            await workflow.wait_condition(lambda: True)
        self._calls.start(call, lambda ended: self._end(ended, revision, acts))

    def _end(self, ended: Ended, revision: int, acts: int) -> None:
        self._telling = False
        if isinstance(ended, RpcFailed):
            # Somebody must put the read model right; until then nothing is taken as told, so that
            # no act is lost and the workflow does not end.
            workflow.logger.error("the case could not be recorded: %s", ended.message)
            self.refusal = f"{ended.reason} {ended.message}"
            self._pausing = asyncio.create_task(self._pause())
        else:
            self.refusal = ""
            self._told = revision
            del self._acts[:acts]
        self._on_told()

    async def _pause(self) -> None:
        await workflow.sleep(_TRY_AGAIN_AFTER, summary="个案未能记录，稍后再试")
        self._pausing = None
        self._on_told()


def _this_task() -> int:
    """Grows with each workflow task, also from run to run: the history grows with each."""
    info = workflow.info()
    run_began_ms = int(info.start_time.timestamp() * 1_000)
    return run_began_ms * _LONGEST_HISTORY + info.get_current_history_length()


def _act(act: RecordAct, case_id: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "act_key": act.act_key,
        "case_id": case_id,
        "node": act.node,
        "user_task_id": act.task_id,
        "verb": act.verb,
        "acting_person_id": act.person,
        "acted_at": act.at.isoformat(),
        "comment": act.comment,
        "origin": act.origin,
        "origin_detail": act.origin_detail,
        "before": act.before,
        "after": act.after,
        "named_person_ids": list(act.people),
        "rule": act.rule,
    }
    if act.waited is not None:
        told["waited"] = _waited(act.waited)
    return told


def _waited(waited: Waited) -> dict[str, Any]:
    return {
        "party": waited.party,
        "person_ids": list(waited.people),
        "pause_reason": waited.pause,
        "since": waited.since.isoformat(),
        "until": waited.until.isoformat(),
        "working_seconds": waited.working_seconds,
    }


def _storable(told: Any) -> Any:
    """What is told, without the character that cannot be stored: a case that holds it would never be
    recorded again."""
    match told:
        case str():
            return told.replace("\0", "\ufffd")
        case dict():
            return {key: _storable(value) for key, value in told.items()}
        case list() | tuple():
            return [_storable(value) for value in told]
        case _:
            return told


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
