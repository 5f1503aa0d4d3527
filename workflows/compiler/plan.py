"""The Plan: a flow version, checked and lowered, immutable and named by its content's hash.

A case runs its Plan and nothing else, so publishing a new version never changes a running case.
Expressions are carried as checked code (``workflows.language.evaluate``), not as text to be parsed
again by a later checker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from workflows.language.evaluate import Closure, compile_code
from workflows.language.fields import FormField
from workflows.language.types import Type, TypeJson, from_json

#: The newest language and interpreter that this code knows. A Plan names the oldest interpreter
#: that can run it; an older worker refuses it.
LANGUAGE_VERSION = "1.0"
INTERPRETER_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Part):
    """A checked expression or a template of several: its text for people, its code for the machine."""

    source: str
    code: list[Any]

    @cached_property
    def run(self) -> Closure:
        """Computes the value: a condition's truth, else plain JSON."""
        return compile_code(self.code)

    @cached_property
    def reads(self) -> frozenset[tuple[str, str]]:
        """The fields that it reads, each with its root: ``("form", "floor")``."""
        return frozenset(_fields_read(self.code))


def _fields_read(code: Any) -> Iterator[tuple[str, str]]:
    match code:
        case ["get", ["root", str() as root], str() as field, *_]:
            yield root, field
        case list():
            for part in code:
                yield from _fields_read(part)
        case _:
            pass


class PlanEdge(_Part):
    """Where a token goes when its node is done.

    Attributes:
        id: unique in its graph; a join tells its arrivals apart by it.
        when: guards an edge of a decision; None: always taken.
        otherwise: taken when no condition holds.
    """

    id: str
    to: str
    name: str = ""
    name_en: str = ""
    when: Code | None = None
    otherwise: bool = False


class PlanBoundary(_Part):
    """A way out of a node that waits, before it is done.

    Attributes:
        cause: it failed, it has lasted a time, an event arrived, or a deadline's escalation says so.
        alongside: the node goes on; at most once a visit one more token goes this way.
        reasons: the failures it is for; none: all that no other path is for.
        stops: of a timer on a user task: it stands while the task is paused.
        alarm: of an escalation: the id of the alarm that takes it.
    """

    id: str
    to: str
    name: str = ""
    name_en: str = ""
    cause: Literal["error", "timer", "event", "escalation"]
    alongside: bool = False
    reasons: tuple[str, ...] = ()
    after_seconds: int = 0
    calendar: Literal["business", "natural"] = "natural"
    event: str = ""
    key: Code | None = None
    payload: TypeJson | None = None
    alarm: str = ""
    stops: bool = False


class PlanField(_Part):
    """A field of a form, with everything that is computed for it ready to run.

    Attributes:
        field: as it was written; one of an earlier form has its name here.
        shown: the value of an earlier form's field is only seen; the form does not keep it.
        default: offered as a start.
        compute: the value, where nobody fills it in: of a computed field, of a shown one.
        columns: of a table.
    """

    field: FormField
    shown: bool = False
    visible_when: Code | None = None
    required_when: Code | None = None
    default: Code | None = None
    compute: Code | None = None
    columns: tuple[PlanField, ...] = ()

    @property
    def read_only(self) -> bool:
        """True when nobody fills it in."""
        return self.shown or self.field.kind == "computed"


class PlanAssignee(_Part):
    """Who a user task is for. ``person`` and ``customer`` compute ids (one, or a list), ``role`` and
    ``leader`` ask the directory, ``previous`` is whoever handled that node last."""

    rule: Literal["person", "role", "leader", "previous", "customer"]
    person: Code | None = None
    role: str = ""
    region: Code | None = None
    outlet: Code | None = None
    levels: int = 1
    previous: str = ""
    nobody: str = ""
    """The role to ask when nobody is found; empty raises an incident."""
    skip: bool = False
    """When nobody is found, the task is passed over."""


class PlanAlarm(_Part):
    """A reminder or an escalation at an offset from a due instant: a message, another assignee, or
    another way (a boundary of the node that names this alarm)."""

    id: str
    level: int
    of: Literal["respond", "complete"]
    offset_seconds: int
    notify: PlanAssignee | None = None
    """None in a reminder: those whom the task waits for; in an escalation: nobody."""
    template: str
    reassign: PlanAssignee | None = None


class PlanLimits(_Part):
    """How long a user task may take until somebody answers, and until it is done."""

    respond_seconds: int | None = None
    complete_seconds: int | None = None

    def seconds(self, of: Literal["respond", "complete"]) -> int | None:
        """One of them."""
        return self.respond_seconds if of == "respond" else self.complete_seconds


class PlanSla(PlanLimits):
    """How soon a user task must be answered and done, in working time of a calendar.

    Attributes:
        by_priority: other limits, in cases of these priorities.
    """

    calendar: Literal["business", "natural"]
    by_priority: dict[str, PlanLimits] = {}
    alarms: tuple[PlanAlarm, ...] = ()


class PlanCompensation(_Part):
    """The RPC that undoes a service node, and its request computed from what happened."""

    rpc: str
    quick: bool
    request: Code
    takes_reason: bool = False
    """The request has a ``reason`` that says why it is undone."""


class PlanRetry(_Part):
    """How often and how long a call is tried while it may yet succeed.

    Attributes:
        attempts: the first included; 0: any number.
        first_ms: between the first two, in milliseconds; each pause is twice the one before.
        at_most_ms: the longest pause.
        give_up_after_seconds: 0: never.
    """

    attempts: int = 0
    first_ms: int = 500
    at_most_ms: int = 30_000
    give_up_after_seconds: int = 0


class _Node(_Part):
    """
    Attributes:
        next: where the token goes when the node is done.
        boundary: the ways out of it before that.
        assign: variables of the flow that get a value when the node is done.
    """

    id: str
    stage: str = ""
    name: str
    name_en: str = ""
    next: tuple[PlanEdge, ...] = ()
    boundary: tuple[PlanBoundary, ...] = ()
    assign: tuple[tuple[str, Code], ...] = ()


class _UserTaskNode(_Node):
    """
    Attributes:
        announce: the template of the message to those who may take the task, when it opens; empty:
            none.
        returns: every legal target of a way back: a send-back, a withdrawal, a take-back.
        send_back: those of them to which whoever does the task may send it back.
        take_back: whoever did it may take it back while nobody has acted on what followed.
        pause_reasons: why its clocks may be stopped.
    """

    assignee: PlanAssignee
    form: tuple[PlanField, ...] = ()
    sla: PlanSla | None = None
    announce: str = ""
    returns: tuple[str, ...] = ()
    send_back: tuple[str, ...] = ()
    take_back: bool = True
    pause_reasons: tuple[str, ...] = ()
    skippable: bool = False
    when_applicant: Literal["ask", "skip", "leader"] = "ask"
    when_repeated: Literal["ask", "skip"] = "ask"


class FormNode(_UserTaskNode):
    """A person collects information."""

    kind: Literal["form"] = "form"


class PlanWeight(_Part):
    """How much the vote of those who hold a role counts."""

    role: str
    votes: int


class PlanQuorum(_Part):
    """When enough have approved: one of votes and percent."""

    votes: int | None = None
    percent: int | None = None
    weights: tuple[PlanWeight, ...] = ()


class ApprovalNode(_UserTaskNode):
    """One person, all (会签), any (或签), all in sequence (顺签) or enough of them (票签) approve."""

    kind: Literal["approval"] = "approval"
    mode: Literal["one", "all", "any", "sequence", "quorum"] = "one"
    quorum: PlanQuorum | None = None


class ConfirmNode(_UserTaskNode):
    """The customer confirms, or sends back."""

    kind: Literal["confirm"] = "confirm"


class ServiceNode(_Node):
    """One call of one RPC."""

    kind: Literal["service"] = "service"
    rpc: str
    quick: bool
    mutating: bool
    #: The write depends on a read that may stand in the same workflow task: end that task first.
    barrier: bool = False
    request: Code
    response: TypeJson
    compensation: PlanCompensation | None = None
    #: None: it is tried until it is answered.
    retry: PlanRetry | None = None

    @cached_property
    def response_type(self) -> Type:
        """The type of its result."""
        return from_json(self.response)


class FieldWorkNode(_Node):
    """A work order lived through to its end, by a child workflow."""

    kind: Literal["field_work"] = "field_work"
    request: Code
    response: TypeJson

    @cached_property
    def response_type(self) -> Type:
        """The type of its result."""
        return from_json(self.response)


class WaitNode(_Node):
    """A pause: for a time, until an instant, or for an event."""

    kind: Literal["wait"] = "wait"
    calendar: Literal["business", "natural"] = "natural"
    duration_seconds: int | None = None
    until: Code | None = None
    event: str = ""
    key: Code | None = None
    payload: TypeJson | None = None


class DecisionNode(_Node):
    """``exclusive``: the first edge whose condition holds, else the one marked otherwise.

    ``inclusive``: every edge whose condition holds or that has none, else the one marked otherwise;
    it waits until no token is left that could still come to an edge on which none has come, unless
    that token could come to one on which one has. ``upstream`` says what can still come: for each
    edge into it, the nodes from which a way that does not pass this node leads to that edge.

    ``event``: its edges lead to waits; the first that is over is taken.
    """

    kind: Literal["decision"] = "decision"
    mode: Literal["exclusive", "inclusive", "event"] = "exclusive"
    upstream: dict[str, tuple[str, ...]] = {}


class ParallelNode(_Node):
    """Waits for a token on every edge into it, then every edge out of it gets one.

    Attributes:
        arrivals: the ids of the edges into it.
    """

    kind: Literal["parallel"] = "parallel"
    arrivals: tuple[str, ...]


class ForEachNode(_Node):
    """A body lived through once for each element of a list."""

    kind: Literal["for_each"] = "for_each"
    items: Code
    element: str
    mode: Literal["together", "one_by_one"]
    body: PlanGraph
    collect: Code | None = None
    enough: Code | None = None


class SubflowNode(_Node):
    """Another flow's version as a child case, or a body of its own.

    Attributes:
        flow, version, plan_hash: the other flow; empty with a body.
        request: what it starts with.
        response: the type of its outputs.
        output: of a body: name to expression.
    """

    kind: Literal["subflow"] = "subflow"
    flow: str = ""
    version: int = 0
    plan_hash: str = ""
    request: Code | None = None
    response: TypeJson
    body: PlanGraph | None = None
    output: tuple[tuple[str, Code], ...] = ()

    @cached_property
    def response_type(self) -> Type:
        """The type of its result."""
        return from_json(self.response)


class EndNode(_Node):
    """Consumes the token; ``terminate`` and ``fails`` (a reason) end everything around it too."""

    kind: Literal["end"] = "end"
    terminate: bool = False
    fails: str = ""


PlanNode: TypeAlias = Annotated[
    FormNode
    | ApprovalNode
    | ConfirmNode
    | ServiceNode
    | FieldWorkNode
    | WaitNode
    | DecisionNode
    | ParallelNode
    | ForEachNode
    | SubflowNode
    | EndNode,
    Field(discriminator="kind"),
]
UserTaskNode: TypeAlias = FormNode | ApprovalNode | ConfirmNode


class PlanGraph(_Part):
    """Nodes and the ways between them: a flow's own, or a body's.

    Attributes:
        dominator: for each node but the first, the nearest one that every way to it goes through.
    """

    start: str
    nodes: tuple[PlanNode, ...]
    dominator: dict[str, str] = {}

    @cached_property
    def by_id(self) -> dict[str, PlanNode]:
        """The nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def targets(self) -> frozenset[str]:
        """The nodes to which something can go back."""
        return frozenset(
            target
            for node in self.nodes
            if isinstance(node, FormNode | ApprovalNode | ConfirmNode)
            for target in node.returns
        )

    def comes_of(self, node: str, earlier: str) -> bool:
        """Whether every way to a node goes through an earlier one."""
        while node != earlier:
            above = self.dominator.get(node)
            if above is None:
                return False
            node = above
        return True

    def region(self, target: str) -> frozenset[str]:
        """What is undone when something is sent back to a node: itself and the nodes to which every
        way goes through it."""
        inside = {target}
        stack = [target]
        while stack:
            for node in self._dominated.get(stack.pop(), ()):
                inside.add(node)
                stack.append(node)
        return frozenset(inside)

    @cached_property
    def _dominated(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for node, dominator in self.dominator.items():
            found.setdefault(dominator, []).append(node)
        return found


class PlanStage(_Part):
    """A stage of the case: presale, install, aftersale."""

    id: str
    name: str
    name_en: str = ""


class PlanRole(_Part):
    """A role of the directory as this flow calls it."""

    id: str
    name: str
    name_en: str = ""


class PlanPriority(_Part):
    """How urgent a case is.

    Attributes:
        rank: places it among those of all flows: 0 is the default, less is more urgent.
        when: cases that start with this have it; None in the default.
    """

    id: str
    name: str
    name_en: str = ""
    rank: int
    when: Code | None = None


class PlanPauseReason(_Part):
    """Why a task's clocks are stopped, and to whom the waiting is charged."""

    id: str
    name: str
    name_en: str = ""
    blames: str


class Plan(PlanGraph):
    """A flow version, ready to run."""

    language: str = LANGUAGE_VERSION
    #: The oldest interpreter that can run this plan.
    interpreter: int
    #: The fingerprint of the node catalogue it was checked against.
    catalog: str
    flow: str
    name: str
    name_en: str = ""
    calendar: str = ""
    """The business calendar's code in the directory; empty: round the clock."""
    stages: tuple[PlanStage, ...] = ()
    roles: tuple[PlanRole, ...] = ()
    #: Roles that may transfer anybody's user task, skip one and cancel the case.
    managed_by: tuple[str, ...] = ()
    pause_reasons: tuple[PlanPauseReason, ...] = ()
    #: The most urgent first.
    priorities: tuple[PlanPriority, ...] = ()
    inputs: tuple[PlanField, ...] = ()
    #: The flow's variables and their types: what a case that moves here must hold.
    variables: tuple[tuple[str, TypeJson], ...] = ()
    #: Variables of the flow with a value from the start.
    defaults: tuple[tuple[str, Code], ...] = ()
    #: What the case leaves behind for the flow that lived it through.
    outputs: tuple[tuple[str, Code], ...] = ()
    #: The type of the outputs.
    response: TypeJson

    @cached_property
    def stage_names(self) -> dict[str, str]:
        """The Chinese names of the stages by id."""
        return {stage.id: stage.name for stage in self.stages}

    def to_bytes(self) -> bytes:
        """The canonical bytes: the same plan always gives the same ones."""
        plain = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Plan:
        """Read a plan back; its hash is the one it was stored under."""
        return cls.model_validate_json(content)

    @cached_property
    def hash(self) -> str:
        """The sha256 of the canonical bytes, in hex: the plan's name."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


ForEachNode.model_rebuild()
SubflowNode.model_rebuild()
PlanGraph.model_rebuild()
Plan.model_rebuild()
