"""Nodes: what an operator draws, one class a kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from workflows.language.fields import (
    FORM_FIELDS,
    Condition,
    FormField,
    Identifier,
    Part,
    Title,
    Value,
)

#: ``2h``, ``30m``, ``3d``, ``1h30m``.
Duration = Annotated[
    str, Field(min_length=2, pattern=r"^(\d{1,5}d)?(\d{1,6}h)?(\d{1,7}m)?(\d{1,8}s)?$")
]
#: Working time of the flow's calendar, or elapsed time.
CalendarKind = Literal["business", "natural"]
RpcName = Annotated[str, Field(min_length=3, max_length=200)]
#: A field of an earlier form, as ``node.field``.
NodeField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


#: A failure's stable name.
Reason = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,79}$")]


class Edge(Part):
    """A line from one node to another.

    Attributes:
        when: of a decision's edge, its condition.
        otherwise: of a decision's edge, taken when no condition holds.
        on: not the way on when the node is done, but one that is taken while it waits: when it
            fails (``error``), when it has lasted ``after`` (``timer``), or when an ``event`` with
            ``key`` arrives. The node is then left: what it was doing is withdrawn.
        alongside: of a timer's or an event's edge: the node goes on, and one more token goes along
            this edge, at most once a visit.
        reasons: the failures an error's edge is for; none listed: all.
        calendar: of ``after``: working time of the flow's calendar, or elapsed time.
        while_paused: of a timer on a user task: whether it stands (``stop``) or runs (``run``) while
            the task is paused; left out: one of working time stands, one of elapsed time runs.
    """

    source: Identifier = Field(alias="from")
    target: Identifier = Field(alias="to")
    name: Annotated[str, Field(max_length=60)] = ""
    name_en: str = ""
    when: Condition | None = None
    otherwise: bool = False
    on: Literal["error", "timer", "event"] | None = None
    alongside: bool = False
    reasons: tuple[Reason, ...] = ()
    after: Duration | None = None
    calendar: CalendarKind = "natural"
    while_paused: Literal["stop", "run"] | None = None
    event: str | None = None
    key: Value = None


class Nobody(Part):
    """Whom to ask when a rule finds nobody."""

    role: Identifier


class AssigneeRule(Part):
    """Who a user task is for: exactly one of person, role, leader_of, field, previous, chosen_at
    and customer.

    Attributes:
        person: a person's id or a list of them, written or computed.
        role: the people who hold a role; ``region`` and ``outlet`` narrow them.
        leader_of: the leader of a person, written or computed, ``levels`` above them.
        levels: 1 is the direct leader.
        field: the person, or the people, named in an earlier form, as ``node.field``.
        previous: whoever handled that node last.
        chosen_at: whoever the person who does that earlier node chooses (发起人自选); its form
            asks for them.
        customer: a customer's id, written or computed.
        nobody: what happens when nobody is found: ``incident``, ``skip`` (the task is passed over,
            so its result may be unset), or another role is asked.
    """

    person: Value = None
    role: Identifier | None = None
    region: Value = None
    outlet: Value = None
    leader_of: Value = None
    levels: Annotated[int, Field(ge=1, le=20)] = 1
    field: NodeField | None = None
    previous: Identifier | None = None
    chosen_at: Identifier | None = None
    customer: Value = None
    nobody: Literal["incident", "skip"] | Nobody = "incident"


class Reminder(Part):
    """A message to those whom the task waits for, before or after a deadline."""

    of: Literal["respond", "complete"]
    before: Duration | None = None
    after: Duration | None = None
    template: Title


class Escalation(Part):
    """What happens at or after a missed deadline: one level of several.

    Attributes:
        notify: who is told, with ``template``.
        reassign_to: who gets the task instead; it stays open, its deadlines run on.
        take: the node to which the case goes on instead: the task is withdrawn.
    """

    of: Literal["respond", "complete"]
    after: Duration = "0m"
    notify: AssigneeRule | None = None
    template: Title = "sla_alert"
    reassign_to: AssigneeRule | None = None
    take: Identifier | None = None


class Limits(Part):
    """How soon a user task must be answered and done; what is left out is as usual."""

    respond: Duration | None = None
    complete: Duration | None = None


class Sla(Part):
    """How soon a user task must be answered (claimed, commented or done) and done.

    Attributes:
        by_priority: other limits in cases of some of the flow's priorities.
    """

    calendar: CalendarKind = "business"
    respond: Duration | None = None
    complete: Duration | None = None
    by_priority: dict[Identifier, Limits] = Field(default_factory=dict)
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


class FieldReference(Part):
    """A field of an earlier form, seen again here; a field that is not listed is not seen.

    Attributes:
        field: as ``node.field``.
        id: its name here; left out: the same.
        access: ``read`` shows its value; ``write`` lets it be changed: this node's result then has
            a field of that name.
    """

    field: NodeField
    id: Identifier | None = None
    access: Literal["read", "write"] = "read"


def _form_entry(raw: Any) -> str:
    """Which of the two a part of a form is, so that a mistake in it is told as one of that kind."""
    seen = "field" in raw if isinstance(raw, dict) else isinstance(raw, FieldReference)
    return "seen" if seen else "asked"


FormEntry: TypeAlias = Annotated[
    Annotated[FormField, Tag("asked")] | Annotated[FieldReference, Tag("seen")],
    Discriminator(_form_entry),
]


class _UserTask(_Node):
    """
    Attributes:
        form: what is asked for, and fields of earlier forms that are seen again.
        announce: the template of a message to those who may take the task, when it opens.
        send_back_to: nodes to which it may be sent back (驳回); left out: every legal one.
        pause_reasons: why its clocks may be stopped; each is declared in the flow's header.
        skippable: whoever manages the flow may pass it over with a reason; its result may then be
            unset.
        take_back: whoever did it may take it back (拿回) while nobody has acted on what followed.
        when_applicant: what happens when the person it would go to started the case.
        when_repeated: what happens when the person has approved in this case already.
    """

    form: Annotated[tuple[FormEntry, ...], Field(max_length=FORM_FIELDS)] = ()
    sla: Sla | None = None
    announce: str = ""
    send_back_to: tuple[Identifier, ...] | None = None
    pause_reasons: tuple[Identifier, ...] = ()
    skippable: bool = False
    take_back: bool = True
    when_applicant: Literal["ask", "skip", "leader"] = "ask"
    when_repeated: Literal["ask", "skip"] = "ask"


class Form(_UserTask):
    """A person collects information."""

    kind: Literal["form"]
    assignee: AssigneeRule


class Weight(Part):
    """How much the vote of those who hold a role counts; everybody else's counts one."""

    role: Identifier
    votes: Annotated[int, Field(ge=1, le=1_000)]


class Quorum(Part):
    """When enough have approved (票签): exactly one of votes and percent.

    Attributes:
        votes: how many votes in favour decide.
        percent: which part of all votes in favour decides, rounded up.
        weights: whose votes count more.
    """

    votes: Annotated[int, Field(ge=1, le=100_000)] | None = None
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    weights: tuple[Weight, ...] = ()


class Approval(_UserTask):
    """Somebody approves or sends back: ``one`` person, ``all`` (会签) of them, ``any`` (或签) of
    them, all in ``sequence`` (顺签), or enough of them by their votes (``quorum`` 票签).

    A quorum may also decide against: its result has ``approved``, true or false.
    """

    kind: Literal["approval"]
    assignee: AssigneeRule
    mode: Literal["one", "all", "any", "sequence", "quorum"] = "one"
    quorum: Quorum | None = None


class Confirm(_UserTask):
    """The customer confirms or sends back."""

    kind: Literal["confirm"]
    assignee: AssigneeRule


class Retry(Part):
    """How often and how long a call is tried while it may yet succeed: a service that is down, or
    busy. A refusal is never tried again. A call that is given up fails as ``RPC_GAVE_UP``.

    Attributes:
        attempts: the first included; left out: any number.
        first: the pause before the second attempt; each is twice the one before.
        at_most: the longest pause.
        give_up_after: since the first attempt; left out: never.
    """

    attempts: Annotated[int, Field(ge=1, le=1_000)] | None = None
    first: Duration | None = None
    at_most: Duration | None = None
    give_up_after: Duration | None = None


class Service(_Node):
    """One call of an annotated RPC.

    Attributes:
        retry: left out: until it is answered.
    """

    kind: Literal["service"]
    rpc: RpcName
    input: dict[str, Value] = Field(default_factory=dict)
    retry: Retry | None = None
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
    """Where the case goes on.

    ``exclusive``: along the first edge whose condition holds, else the one marked ``otherwise``.
    ``inclusive``: along every edge whose condition holds or that has none, else the one marked
    ``otherwise``; with several edges in, it first waits for all that can still come.
    ``event``: every edge leads to a wait, and the first that is over is taken.
    """

    kind: Literal["decision"]
    mode: Literal["exclusive", "inclusive", "event"] = "exclusive"


class Parallel(_Node):
    """Waits for a token on each edge in, and takes all edges out at once."""

    kind: Literal["parallel"]


class Body(Part):
    """A part of the flow with a start and ends of its own, inside a node. Its nodes read what is set
    around it; what they leave behind is read inside only."""

    start: Identifier
    nodes: tuple[NodeDefinition, ...]
    edges: tuple[Edge, ...] = ()


class ForEach(_Node):
    """A body lived through once for each element of a list.

    Attributes:
        items: the list, computed.
        element: the name under which the body reads its element.
        mode: all ``together``, or ``one_by_one`` in order.
        collect: what each run leaves behind, computed at its end; the node's result has the list
            of them as ``results``.
        enough: a condition on ``done`` and ``total``, read after each run: once it holds, the
            others are withdrawn.
    """

    kind: Literal["for_each"]
    items: Value
    element: Identifier = "element"
    mode: Literal["together", "one_by_one"] = "together"
    body: Body
    collect: Condition | None = None
    enough: Condition | None = None


class Subflow(_Node):
    """A part of the flow seen as one node: another published flow, lived through as a child case,
    or a body of its own.

    Attributes:
        flow: the other flow's code; its outputs are this node's result.
        version: of the other flow; left out: the newest when this flow is published.
        input: what the other flow starts with.
        body: the part itself.
        output: what a body leaves behind, computed at its end: name to expression.
    """

    kind: Literal["subflow"]
    flow: Identifier | None = None
    version: Annotated[int, Field(ge=1)] | None = None
    input: dict[str, Value] = Field(default_factory=dict)
    body: Body | None = None
    output: dict[Identifier, Condition] = Field(default_factory=dict)


class End(_Node):
    """A token's end; the case ends when no token is left.

    Attributes:
        terminate: whatever else is still under way is withdrawn, and the case or body ends at once.
        fails: inside a body or a flow lived through by another: it ends at once with this reason,
            and the error path of the node around it is taken.
    """

    kind: Literal["end"]
    terminate: bool = False
    fails: Reason | None = None


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
Body.model_rebuild()
ForEach.model_rebuild()
Subflow.model_rebuild()
