"""Nodes: what an operator draws, one class a kind."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from workflows.language.fields import Condition, FormField, Identifier, Part, Title, Value

#: ``2h``, ``30m``, ``3d``, ``1h30m``.
Duration = Annotated[
    str, Field(min_length=2, pattern=r"^(\d{1,5}d)?(\d{1,6}h)?(\d{1,7}m)?(\d{1,8}s)?$")
]
#: Working time of the flow's calendar, or elapsed time.
CalendarKind = Literal["business", "natural"]
RpcName = Annotated[str, Field(min_length=3, max_length=200)]


class Nobody(Part):
    """Whom to ask when a rule finds nobody."""

    role: Identifier


class AssigneeRule(Part):
    """Who a user task is for: exactly one of person, role, field, previous and customer.

    Attributes:
        person: a person's id, written or computed.
        role: the people who hold a role; ``region`` and ``outlet`` narrow them.
        field: the person named in an earlier form, as ``node.field``.
        previous: whoever handled that node last.
        customer: a customer's id, written or computed.
        nobody: what happens when nobody is found: ``incident``, or another role is asked.
        leader_of, chosen_by: in the language, not in this version.
    """

    person: Value = None
    role: Identifier | None = None
    region: Value = None
    outlet: Value = None
    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] | None = None
    previous: Identifier | None = None
    customer: Value = None
    nobody: Literal["incident"] | Nobody = "incident"
    leader_of: Value = None
    levels: int | None = None
    chosen_by: Identifier | None = None


class Reminder(Part):
    """A message to those whom the task waits for, before or after a deadline."""

    of: Literal["respond", "complete"]
    before: Duration | None = None
    after: Duration | None = None
    template: Title


class Escalation(Part):
    """A message to somebody above, at or after a deadline.

    ``reassign_to`` and ``take`` are in the language, not in this version.
    """

    of: Literal["respond", "complete"]
    after: Duration = "0m"
    notify: AssigneeRule | None = None
    template: Title = "sla_alert"
    reassign_to: AssigneeRule | None = None
    take: Identifier | None = None


class Sla(Part):
    """How soon a user task must be answered (claimed, commented or done) and done."""

    calendar: CalendarKind = "business"
    respond: Duration | None = None
    complete: Duration | None = None
    remind: tuple[Reminder, ...] = ()
    escalate: tuple[Escalation, ...] = ()


class Compensation(Part):
    """How a service node is undone, when the contract's own way is not the right one."""

    rpc: RpcName
    input: dict[str, Value] = Field(default_factory=dict)


class _Node(Part):
    id: Identifier
    name: Title
    name_en: str = ""
    description: str = ""
    stage: Identifier | None = None
    assign: dict[str, Condition] = Field(default_factory=dict)
    """Variables of the flow that get a value when the node is done: name to expression."""
    pause_reasons: tuple[Identifier, ...] = ()
    """In the language, not in this version."""


class _UserTask(_Node):
    form: tuple[FormField, ...] = ()
    sla: Sla | None = None
    announce: str = ""
    """The template of a message to those who may take the task, when it opens."""
    send_back_to: tuple[Identifier, ...] | None = None
    """Nodes to which it may be sent back (驳回); left out: every legal one."""


class Form(_UserTask):
    """A person collects information."""

    kind: Literal["form"]
    assignee: AssigneeRule


class Quorum(Part):
    """When enough have approved (票签)."""

    approvals: int
    weights: dict[str, int] = Field(default_factory=dict)


class Approval(_UserTask):
    """Somebody approves or sends back: ``one`` person, ``all`` (会签) or ``any`` (或签) of them.

    ``quorum`` (票签) and ``sequence`` are in the language, not in this version.
    """

    kind: Literal["approval"]
    assignee: AssigneeRule
    mode: Literal["one", "all", "any", "quorum", "sequence"] = "one"
    quorum: Quorum | None = None


class Confirm(_UserTask):
    """The customer confirms or sends back."""

    kind: Literal["confirm"]
    assignee: AssigneeRule


class Service(_Node):
    """One call of an annotated RPC."""

    kind: Literal["service"]
    rpc: RpcName
    input: dict[str, Value] = Field(default_factory=dict)
    compensation: Compensation | Literal["none"] | None = None


class FieldWork(_Node):
    """A work order lived through to completion: offers, the visit, the completion."""

    kind: Literal["field_work"]
    input: dict[str, Value] = Field(default_factory=dict)


class Wait(_Node):
    """A pause: exactly one of duration, until and event.

    Attributes:
        duration: how long; working time only when ``calendar`` says so.
        until: an instant, computed.
        event: a domain event's full name; ``key`` says whose.
    """

    kind: Literal["wait"]
    duration: Duration | None = None
    calendar: CalendarKind = "natural"
    until: Value = None
    event: str | None = None
    key: Value = None


class Decision(_Node):
    """The first edge whose condition holds is taken, else the one marked ``otherwise``.

    ``inclusive`` (every edge that holds) is in the language, not in this version.
    """

    kind: Literal["decision"]
    mode: Literal["exclusive", "inclusive"] = "exclusive"


class Parallel(_Node):
    """With several edges out, all are taken at once; with several in, it waits for all of them."""

    kind: Literal["parallel"]


class ForEach(_Node):
    """A part repeated for each element of a list. In the language, not in this version."""

    kind: Literal["for_each"]
    items: Value
    body: Identifier


class Subflow(_Node):
    """Another flow, lived through as a child case. In the language, not in this version."""

    kind: Literal["subflow"]
    flow: Identifier
    input: dict[str, Value] = Field(default_factory=dict)


class End(_Node):
    """The case ends here."""

    kind: Literal["end"]


NodeDefinition: TypeAlias = Annotated[
    Form
    | Approval
    | Confirm
    | Service
    | FieldWork
    | Wait
    | Decision
    | Parallel
    | ForEach
    | Subflow
    | End,
    Field(discriminator="kind"),
]
UserTask: TypeAlias = Form | Approval | Confirm
KINDS = (
    "form", "approval", "confirm", "service", "field_work", "wait", "decision", "parallel",
    "for_each", "subflow", "end",
)  # fmt: skip
