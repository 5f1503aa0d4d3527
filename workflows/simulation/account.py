"""What happened to a case, step by step, as it is told to people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from workflows.compiler.plan import DecisionNode, Plan, PlanBoundary, PlanEdge
from workflows.runtime.commands import (
    CallRpc,
    EndCase,
    Move,
    Purpose,
    RaiseIncident,
    RecordAct,
    StartFieldWork,
    StartSubflow,
)
from workflows.runtime.events import (
    CancelRequested,
    ChildEnded,
    EventArrived,
    RpcFailed,
    Started,
    TimerFired,
)
from workflows.runtime.messages import SEND
from workflows.runtime.places import graph_at, node_at
from workflows.runtime.port import Asked, VirtualCase
from workflows.runtime.waiting import account


class What(StrEnum):
    """What happened."""

    STARTED = "started"
    CAME = "came"
    WENT = "went"
    ASKED = "asked"
    ACTED = "acted"
    CALLED = "called"
    FAILED = "failed"
    TOLD = "told"
    UNDID = "undid"
    TIME = "time"
    EVENT = "event"
    INCIDENT = "incident"
    CANCELLED = "cancelled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    Attributes:
        node: where, by its id outside; empty: to the case.
        title: the node's name.
        who: who did it, was asked or told.
        detail: the verb, the RPC, the way taken, the template, the reason, the outcome.
        why: of a message: what it says it is about.
        respond_by, complete_by: the deadlines of whoever was asked.
        provisional: a deadline lies in a year whose holidays are not announced.
    """

    at: datetime
    what: What
    node: str = ""
    title: str = ""
    who: tuple[str, ...] = ()
    detail: str = ""
    why: str = ""
    respond_by: datetime | None = None
    complete_by: datetime | None = None
    provisional: bool = False


def account_of(case: VirtualCase) -> list[Happening]:
    """Everything that has happened to a case so far, in order."""
    told: list[Happening] = []
    for at, entry in case.log:
        words = _words(entry, case.plan)
        if words is not None:
            what, id, who, detail = words
            title = node_at(case.plan, id).name if id else ""
            more = _more(entry)
            told.append(Happening(at, what, _node(id), title, who, detail, **more))
    return told


def _more(entry: Any) -> dict[str, Any]:
    """What is told of messages and of user tasks beside."""
    match entry:
        case CallRpc(rpc=rpc) if rpc == SEND:
            return {"why": str(entry.request.get("variables", {}).get("reason", ""))}
        case Asked(task=task):
            return {
                "respond_by": task.respond_due,
                "complete_by": task.complete_due,
                "provisional": task.provisional,
            }
        case _:
            return {}


def in_plain_words(happening: Happening) -> dict[str, Any]:
    """What happened as plain JSON, without what there is nothing to say of."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(happening).items()
        if value not in ("", (), None, False)
    }


def charges_of(case: VirtualCase) -> dict[str, int]:
    """For how long user tasks waited for whom so far, in working seconds."""
    acts = (command for _, command in case.commands if isinstance(command, RecordAct))
    return account(act.waited for act in acts if act.waited is not None)


#: What happened, the id of something of the node, who, and the detail.
_Words: TypeAlias = tuple[What, str, tuple[str, ...], str]


def _words(entry: Any, plan: Plan) -> _Words | None:
    """How an entry of the log is told; None: it is not worth a word."""
    match entry:
        case Started():
            return What.STARTED, "", (entry.started_by,), ""
        case CancelRequested():
            return What.CANCELLED, "", (entry.by,), entry.reason
        case EndCase():
            return What.ENDED, "", (), entry.reason or entry.outcome
        case RecordAct():
            return What.ACTED, entry.task_id, (entry.person,), entry.verb
        case Asked():
            return What.ASKED, entry.task_id, entry.task.waiting_on, ""
        case TimerFired():
            return What.TIME, entry.timer_id, (), ""
        case EventArrived():
            return What.EVENT, "", (), entry.type
        case RaiseIncident():
            return What.INCIDENT, entry.node, (), entry.reason
        case Move():
            return _moved(entry, plan)
        case _:
            return _outside(entry)


def _moved(move: Move, plan: Plan) -> _Words | None:
    if move.kind == "comes":
        return What.CAME, move.node, (), ""
    node = node_at(plan, move.node)
    chosen = isinstance(node, DecisionNode) or move.way not in {edge.id for edge in node.next}
    if move.kind == "leaves" or not chosen:
        return None
    ways: list[PlanEdge | PlanBoundary] = [*node.next, *node.boundary]
    way = next(way for way in ways if way.id == move.way)
    around = graph_at(plan, move.node)
    return What.WENT, move.node, (), way.name or around.by_id[way.to].name


def _outside(entry: Any) -> _Words | None:
    match entry:
        case CallRpc(purpose=Purpose.COMPENSATE):
            return What.UNDID, entry.node, (), entry.rpc
        case CallRpc(rpc=rpc) if rpc == SEND:
            people = tuple(entry.request["recipient_person_ids"])
            return What.TOLD, entry.node, people, entry.request["template_code"]
        case CallRpc(purpose=Purpose.NODE):
            return What.CALLED, entry.node, (), entry.rpc
        case StartFieldWork():
            return What.CALLED, entry.node, (), "field_work"
        case StartSubflow():
            return What.CALLED, entry.node, (), entry.flow
        case RpcFailed():
            return What.FAILED, entry.call_id, (), entry.reason
        case ChildEnded() if entry.outcome != "completed":
            return What.FAILED, entry.node, (), entry.reason or entry.outcome
        case _:
            return None


def _node(id: str) -> str:
    """The node of which something of this id is, by its id outside."""
    path, colon, own = id.rpartition(":")
    return f"{path}{colon}{own.partition('/')[0]}"
