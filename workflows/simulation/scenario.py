"""Scenarios: a case told as a short story, played on the virtual clock.

A library flow keeps its scenarios beside it (``flows/<name>/scenarios.yaml``): what the world
answers, who does what when, and what must then be so. They are tests, examples and, later,
simulations at once.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from kit.calendar import BusinessCalendar
from kit.errors import ServiceError
from workflows.compiler.plan import Plan
from workflows.language.units import parse_duration
from workflows.runtime.commands import (
    CallRpc,
    Command,
    EndCase,
    Purpose,
    StartFieldWork,
    StartSubflow,
)
from workflows.runtime.events import Act, EventArrived
from workflows.runtime.messages import SEND
from workflows.runtime.places import each, places
from workflows.runtime.port import VirtualCase
from workflows.runtime.user_task import UserTask
from workflows.simulation.world import FIELD_WORK, Answer, Opening, Part, World


class ActStep(Part):
    """An act on the open user task of a node, or on the case when no node is named.

    Attributes:
        run: of a node in a body: which run of it, from 1; left out: the first that has it open.
    """

    person: str
    verb: str
    node: str = ""
    run: int | None = None
    form: dict[str, Any] = Field(default_factory=dict)
    to: str = ""
    people: tuple[str, ...] = ()
    comment: str = ""
    roles: tuple[str, ...] = ()


class EventStep(Part):
    """A domain event that arrives."""

    type: str
    key: str
    payload: dict[str, Any] = Field(default_factory=dict)


class Expectation(Part):
    """What must be so; what is left out may be anything.

    Attributes:
        status: of the case.
        tasks: every open user task by its node, with the people it waits for; those of a body by
            its node too, with the people of all its runs.
        open: how many open user tasks a node has, in all runs.
        sent: how many messages of each template have gone out so far.
        calls: how often an RPC, field work or another flow has been called so far.
        results: what nodes have left behind, as far as it is said here.
        output: what the case left behind.
        incidents: the reasons of the open incidents.
        stage: of the case.
    """

    status: str | None = None
    tasks: dict[str, tuple[str, ...]] | None = None
    open: dict[str, int] | None = None
    sent: dict[str, int] | None = None
    calls: dict[str, int] | None = None
    results: dict[str, dict[str, Any]] | None = None
    output: dict[str, Any] | None = None
    incidents: tuple[str, ...] | None = None
    stage: str | None = None


class Step(Part):
    """Time passes, then something is done, then something must be so."""

    after: str = ""
    act: ActStep | None = None
    event: EventStep | None = None
    cancel: str = ""
    refused: str = ""
    """The reason with which the act must be refused."""
    expect: Expectation | None = None


class Scenario(Part):
    """One story.

    Attributes:
        calendar: the flow's business calendar in it; left out: that of the file.
    """

    name: str
    calendar: Opening | None = None
    starts_at: datetime
    inputs: dict[str, Any]
    started_by: str = "pe_starter"
    answers: tuple[Answer, ...] = ()
    steps: tuple[Step, ...]


class ScenarioFile(Part):
    """All stories of a flow, in one world."""

    calendar: Opening | None = None
    answers: tuple[Answer, ...] = ()
    scenarios: tuple[Scenario, ...]


def play(plan: Plan, scenario: Scenario, file: ScenarioFile) -> list[str]:
    """Play one story.

    Returns:
        What was not as expected, in sentences; nothing when all was.
    """
    return live(plan, scenario, file)[1]


def live(
    plan: Plan, scenario: Scenario, file: ScenarioFile, calendar: BusinessCalendar | None = None
) -> tuple[VirtualCase, list[str]]:
    """Play one story, for whoever wants to tell it: the case as it ends, and what ``play`` says."""
    case = begin(plan, scenario, file, calendar=calendar)
    wrong: list[str] = []
    for number, step in enumerate(scenario.steps, start=1):
        wrong += [f"step {number}: {text}" for text in play_step(case, step, number)]
    return case, wrong


def begin(
    plan: Plan,
    scenario: Scenario,
    file: ScenarioFile,
    *,
    case_id: str = "ca_virtual",
    calendar: BusinessCalendar | None = None,
) -> VirtualCase:
    """The case of a story as it has just started; a calendar takes the place of the story's."""
    world = World((*scenario.answers, *file.answers))
    case = VirtualCase(plan, world, scenario.starts_at.astimezone(UTC))
    opening = opening_of(scenario, file)
    own = calendar or (opening.calendar() if opening else None)
    case.start(scenario.inputs, by=scenario.started_by, case_id=case_id, calendar=own)
    return case


def opening_of(scenario: Scenario, file: ScenarioFile) -> Opening | None:
    """When the company works in a story."""
    return scenario.calendar or file.calendar


def play_step(case: VirtualCase, step: Step, number: int) -> list[str]:
    """Play one step of a story; what was not as expected, in sentences."""
    if step.after:
        case.advance(parse_duration(step.after))
    wrong: list[str] = []
    if step.act is not None:
        refusal = _act(case, act_of(case, step.act, number))
        if refusal != step.refused:
            wrong.append(f"refused with {refusal or 'nothing'}, not {step.refused or 'nothing'}")
    if step.event is not None:
        event = step.event
        case.arrive(
            EventArrived(at=case.now, type=event.type, key=event.key, payload=event.payload)
        )
    if step.cancel:
        case.cancel("operations", step.cancel)
    return wrong + (_unmet(case, step.expect) if step.expect else [])


def act_of(case: VirtualCase, step: ActStep, number: int) -> Act:
    """The act that a step is, as the case stands before it."""
    return Act(
        act_key=f"step-{number}",
        verb=step.verb,
        person=step.person,
        task_id=_task_of(case, step) if step.node else "",
        roles=step.roles,
        form=step.form,
        to=step.to,
        people=step.people,
        comment=step.comment,
    )


def _act(case: VirtualCase, act: Act) -> str:
    """With which reason the act is refused; empty: it is applied."""
    try:
        case.act(act)
    except ServiceError as error:
        return error.reason
    return ""


def _task_of(case: VirtualCase, step: ActStep) -> str:
    """The open user task of the node; else the last one it had in the case's own run, so that a
    refusal can be told."""
    for place in places(case.state, case.plan):
        if step.run in (None, getattr(place.run, "number", None)):
            for task in place.run.tasks.values():
                if task.node == step.node:
                    return f"{place.path}{task.task_id}"
    standing = case.state.standings.get(step.node)
    return f"{step.node}/{standing.visit if standing else 1}"


def _unmet(case: VirtualCase, expected: Expectation) -> list[str]:
    commands = [command for _, command in case.commands]
    tasks = [task for _, task in each(case.state, case.plan, "tasks")]
    incidents = each(case.state, case.plan, "incidents")
    found: dict[str, Any] = {
        "status": str(case.state.status),
        "stage": case.state.stage,
        "tasks": _people_by_node(tasks),
        "incidents": tuple(incident.reason for _, incident in incidents),
        "output": next((end.output for end in commands if isinstance(end, EndCase)), None),
    }
    wrong = [
        f"{name} is {found[name]!r}, expected {wanted!r}"
        for name in found
        if (wanted := getattr(expected, name)) is not None and wanted != found[name]
    ]
    for name, wanted, counted in (
        ("open", expected.open, Counter(task.node for task in tasks)),
        ("sent", expected.sent, messages(commands)),
        ("calls", expected.calls, calls(commands)),
    ):
        wrong += [
            f"{name} {key}: {counted[key]} times, expected {count}"
            for key, count in (wanted or {}).items()
            if counted[key] != count
        ]
    for node, fields in (expected.results or {}).items():
        left = case.state.data.get(node) or {}
        wrong += [
            f"{node}.{name} is {left.get(name)!r}, expected {value!r}"
            for name, value in fields.items()
            if left.get(name) != value
        ]
    return wrong


def _people_by_node(tasks: list[UserTask]) -> dict[str, tuple[str, ...]]:
    people: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        people[task.node] = tuple(dict.fromkeys((*people.get(task.node, ()), *task.waiting_on)))
    return people


def messages(commands: list[Command]) -> Counter[str]:
    """How many messages of each template were sent on the case's own account or by a node."""
    return Counter(
        str(command.request.get("template_code"))
        for command in commands
        if isinstance(command, CallRpc) and command.rpc == SEND
    )


def calls(commands: list[Command]) -> Counter[str]:
    """How often each RPC was called by a node or to undo one, and each child case was started."""
    return Counter(filter(None, map(_called, commands)))


def _called(command: Command) -> str:
    match command:
        case CallRpc(rpc=rpc, purpose=Purpose.NODE | Purpose.COMPENSATE):
            return rpc
        case StartFieldWork():
            return FIELD_WORK
        case StartSubflow(flow=flow):
            return flow
        case _:
            return ""
