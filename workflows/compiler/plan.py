"""The Plan: a flow version, checked and lowered, immutable and named by its content's hash.

A case runs its Plan and nothing else, so publishing a new version never changes a running case.
Expressions are carried as checked code (``workflows.language.evaluate``), not as text to be parsed
again by a later checker.
"""

from __future__ import annotations

import hashlib
import json
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


class PlanEdge(_Part):
    """Where a token goes when it leaves a node.

    ``when`` guards an edge of a decision; ``reasons`` makes it an error path, for the failures it
    lists or, when it lists none, for all.
    """

    to: str
    when: Code | None = None
    reasons: tuple[str, ...] | None = None


class PlanField(_Part):
    """A field of a form as it was written, with its conditions and default ready to run."""

    field: FormField
    required_when: Code | None = None
    visible_when: Code | None = None
    default: Code | None = None


class PlanAssignee(_Part):
    """Who a user task is for. ``person`` and ``customer`` compute one id, ``role`` asks the
    directory, ``previous`` is whoever handled that node last."""

    rule: Literal["person", "role", "previous", "customer"]
    person: Code | None = None
    role: str = ""
    region: Code | None = None
    outlet: Code | None = None
    previous: str = ""
    nobody: str = ""
    """The role to ask when nobody is found; empty raises an incident."""


class PlanAlarm(_Part):
    """A reminder or an escalation: at an offset from a due instant, a message to somebody."""

    id: str
    level: int
    of: Literal["respond", "complete"]
    offset_seconds: int
    notify: PlanAssignee | None = None
    """None: those whom the task waits for."""
    template: str


class PlanSla(_Part):
    """How soon a user task must be answered and done, in working time of a calendar."""

    calendar: Literal["business", "natural"]
    respond_seconds: int | None = None
    complete_seconds: int | None = None
    alarms: tuple[PlanAlarm, ...] = ()


class PlanCompensation(_Part):
    """The RPC that undoes a service node, and its request computed from what happened."""

    rpc: str
    quick: bool
    request: Code
    takes_reason: bool = False
    """The request has a ``reason`` that says why it is undone."""


class _Node(_Part):
    id: str
    stage: str = ""
    name: str
    name_en: str = ""
    next: tuple[PlanEdge, ...] = ()
    #: The parallel splits around this node, outermost first.
    blocks: tuple[str, ...] = ()
    #: Variables of the flow that get a value when the node is done.
    assign: tuple[tuple[str, Code], ...] = ()


class _UserTaskNode(_Node):
    assignee: PlanAssignee
    form: tuple[PlanField, ...] = ()
    sla: PlanSla | None = None
    announce: str = ""
    """The template of the message to those who may take the task, when it opens; empty: none."""
    #: The legal targets of a send-back.
    send_back: tuple[str, ...] = ()


class FormNode(_UserTaskNode):
    """A person collects information."""

    kind: Literal["form"] = "form"


class ApprovalNode(_UserTaskNode):
    """One person, all of them (会签) or any of them (或签) approve, or send back."""

    kind: Literal["approval"] = "approval"
    mode: Literal["one", "all", "any"] = "one"


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
    """The first edge whose condition holds is taken; the last edge has none."""

    kind: Literal["decision"] = "decision"


class SplitNode(_Node):
    """Every outgoing edge gets a token."""

    kind: Literal["split"] = "split"
    join: str


class JoinNode(_Node):
    """Waits for a token from every branch of its split."""

    kind: Literal["join"] = "join"
    split: str
    arrivals: int


class EndNode(_Node):
    """Consumes the token."""

    kind: Literal["end"] = "end"


PlanNode: TypeAlias = Annotated[
    FormNode
    | ApprovalNode
    | ConfirmNode
    | ServiceNode
    | FieldWorkNode
    | WaitNode
    | DecisionNode
    | SplitNode
    | JoinNode
    | EndNode,
    Field(discriminator="kind"),
]
UserTaskNode: TypeAlias = FormNode | ApprovalNode | ConfirmNode


class PlanStage(_Part):
    """A stage of the case: presale, install, aftersale."""

    id: str
    name: str
    name_en: str = ""


class Plan(_Part):
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
    roles: tuple[str, ...] = ()
    #: Roles that may transfer anybody's user task and cancel the case.
    managed_by: tuple[str, ...] = ()
    inputs: tuple[PlanField, ...] = ()
    #: Variables of the flow with a value from the start.
    defaults: tuple[tuple[str, Code], ...] = ()
    start: str
    nodes: tuple[PlanNode, ...]

    @cached_property
    def by_id(self) -> dict[str, PlanNode]:
        """The nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def _previous(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            for edge in node.next:
                found[edge.to].append(node.id)
        return found

    def undone_by(self, node: str, target: str) -> frozenset[str]:
        """The nodes whose tokens and effects a send-back from a node to a target undoes: all on a
        way between the two, and of each parallel block that is left, its branches and its join.

        The target is legal, so every way to the node goes through it, and walking back without
        passing it stays between the two.
        """
        undone = {target, node}
        stack = [node]
        while stack:
            for before in self._previous[stack.pop()]:
                if before not in undone:
                    undone.add(before)
                    stack.append(before)
        left = set(self.by_id[node].blocks) - set(self.by_id[target].blocks)
        for other in self.nodes:
            if left.intersection(other.blocks) or (
                isinstance(other, JoinNode) and other.split in left
            ):
                undone.add(other.id)
        return frozenset(undone)

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
