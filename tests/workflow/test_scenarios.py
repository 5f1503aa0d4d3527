"""Every scenario of the library on the time-skipping server: real gRPC, the real shell, its worker
and its client, days of waiting skipped. It goes as it goes on the virtual clock, step by step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from kit.clock import SystemClock
from tests.conftest import PROGRAMS
from tests.flows.library import FLOWS, LIBRARY, plan_of, scenarios_of
from tests.rpc.conftest import Serve, Served
from tests.workflow.company import Company
from tests.workflow.conftest import Office, eventually, open_office, register_search_attributes
from tests.workflow.told import Told, ToldFieldWork, ToldInstallation
from workflows.client import CaseStart, StartedCase
from workflows.compiler.plan import ForEachNode, PlanGraph, PlanNode, SubflowNode
from workflows.language.units import parse_duration
from workflows.runtime import describe
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.messages import SEND
from workflows.runtime.payloads import CANCEL, Signal
from workflows.runtime.port import VirtualCase
from workflows.runtime.workflow import CaseWorkflow
from workflows.serving import mounts
from workflows.simulation.scenario import (
    ScenarioFile,
    Step,
    act_of,
    begin,
    calls,
    opening_of,
    play_step,
)
from workflows.simulation.world import World

#: The server's clock goes on only. After 28 years weekdays, dates and leap years are what they were.
YEARS = 28
#: What only the server knows.
IGNORED = ("flow_version", "plan_hash", "calendar_hash", "business_clock")
NEARLY = timedelta(minutes=5)
#: What begins at an instant of a story begins a little later on the server, and ends later.
SLACK = timedelta(seconds=10)
_SECOND = re.compile(r'(?<!\d)1s(?=")')
_DAY = re.compile(r"\b20(\d\d)-(?=\d\d-\d\d)")


def later(file: ScenarioFile) -> ScenarioFile:
    """The same stories, told of years to come; what lies a second apart lies a minute apart, since
    the server takes its time."""
    text = _DAY.sub(
        lambda day: f"20{int(day[1]) + YEARS}-", file.model_dump_json(exclude_unset=True)
    )
    text = _SECOND.sub("1m", text.replace('59m59s"', '59m"'))
    return ScenarioFile.model_validate_json(text)


STORIES = [
    (folder, scenario.name) for folder in LIBRARY for scenario in scenarios_of(folder).scenarios
]


@pytest.fixture(scope="module")
async def told_served(serve: Serve) -> AsyncIterator[tuple[Told, Served]]:
    told = Told()
    served = await serve("flows", [*mounts(SystemClock()), *told.mounts()])
    yield told, served
    await served.stop()


@pytest.fixture
async def office(told_served: tuple[Told, Served]) -> AsyncIterator[Office]:
    _, served = told_served
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server")
    ) as env:
        await register_search_attributes(env.client)
        async with open_office(env, Company(), served) as office:
            yield office


@pytest.mark.parametrize(
    ("folder", "name"), STORIES, ids=[f"{folder.name}: {name}" for folder, name in STORIES]
)
async def test_a_story_goes_on_the_server_as_on_the_virtual_clock(
    office: Office, told_served: tuple[Told, Served], folder: Path, name: str
) -> None:
    told, _ = told_served
    file = later(scenarios_of(folder))
    story = next(scenario for scenario in file.scenarios if scenario.name == name)
    told.begin(World((*story.answers, *file.answers)), opening_of(story, file))
    for published in published_with(folder):
        await office.publish((published / "flow.yaml").read_text())
    await office.wait_until(story.starts_at)
    children = [each for each in (ToldInstallation,) if each.flow != folder.name]
    workflows = (CaseWorkflow, ToldFieldWork, *children)
    async with office.worker(workflows=workflows, activities=(told.child,)):
        start = CaseStart(folder.name, story.inputs, started_by=story.started_by)
        case = await office.cases.start(start)
        virtual = begin(plan_of(folder), story, file, case_id=case.case_id)
        await agree(office, told, case, virtual)
        for number, step in enumerate(in_moments(story.steps), start=1):
            act = act_of(virtual, step.act, number) if step.act else None
            assert play_step(virtual, step, number) == []
            await play_on_server(office, case, step, act)
            await agree(office, told, case, virtual)


def in_moments(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each in which time passes before something is done as two: what falls due meanwhile
    comes first."""
    for step in steps:
        if step.after and step.model_fields_set > {"after"}:
            yield Step(after=step.after)
            yield step.model_copy(update={"after": ""})
        else:
            yield step


def published_with(folder: Path) -> list[Path]:
    """The flows that a flow lives through, and itself."""
    through = {node.flow for node in every_node(plan_of(folder)) if isinstance(node, SubflowNode)}
    return [*(FLOWS / code for code in sorted(through - {""})), folder]


def every_node(graph: PlanGraph) -> Iterator[PlanNode]:
    for node in graph.nodes:
        yield node
        if isinstance(node, ForEachNode | SubflowNode) and node.body is not None:
            yield from every_node(node.body)


async def play_on_server(office: Office, case: StartedCase, step: Step, act: Act | None) -> None:
    """Play one step of a story."""
    if step.after:
        await office.env.sleep(parse_duration(step.after) + SLACK)
    if act is not None:
        reply = await office.cases.act(case.workflow_id, act)
        assert (reply.refusal.reason if reply.refusal else "") == step.refused
    if step.event is not None:
        event = step.event
        handle = office.temporal.get_workflow_handle(case.workflow_id)
        await handle.signal("event", Signal(event.type, event.key, payload=event.payload))
    if step.cancel:
        await office.temporal.get_workflow_handle(case.workflow_id).signal(
            "event", Signal(CANCEL, "", payload={"reason": step.cancel})
        )


async def agree(office: Office, told: Told, case: StartedCase, virtual: VirtualCase) -> None:
    """The case comes to stand on the server as it stands on the virtual clock, and has told and done
    the same."""
    apart: list[str] = []

    async def look() -> bool:
        assert told.unanswered == []
        apart[:] = [sentence async for sentence in differences(office, told, case, virtual)]
        return apart == []

    try:
        await eventually(look, "the case stands as it should")
    except TimeoutError:
        assert apart == []


async def differences(
    office: Office, told: Told, case: StartedCase, virtual: VirtualCase
) -> AsyncIterator[str]:
    """What is not the same on the server, in sentences."""
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    standing: dict[str, Any] = await handle.query("standing")
    expected = in_order(describe.standing(virtual.state, virtual.plan))
    apart = list(unlike(expected, in_order(standing), "standing"))
    for sentence in apart:
        yield sentence
    if apart:
        return  # no need to ask for more: it is on its way
    commands = [command for _, command in virtual.commands]
    acts = [f"{a.verb} {a.task_id} {a.person}" for a in commands if isinstance(a, RecordAct)]
    done = [f"{a.verb} {a.user_task_id} {a.acting_person_id}" for a in await office.acts(case)]
    called = Counter({rpc: count for rpc, count in calls(commands).items() if rpc != SEND})
    sent = Counter(filter(None, map(message_of, commands)))
    for what, wanted, found in (
        ("acts", acts, done),
        ("calls", called, told.calls),
        ("messages", sent, Counter(told.sent)),
    ):
        for sentence in unlike(wanted, found, what):
            yield sentence


def in_order(standing: dict[str, Any]) -> dict[str, Any]:
    """Branches that go on side by side have no order."""
    names = {"user_tasks": "user_task_id", "nodes": "node"}
    ordered = {
        key: sorted(standing.get(key, ()), key=lambda part: str(part[name]))
        for key, name in names.items()
    }
    return {**standing, **ordered, "waiting_for": sorted(standing.get("waiting_for", ()))}


def unlike(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where what is found is not what is expected. More may be found, since a service's reply has
    every field; instants are the same within seconds, which the server takes."""
    match expected:
        case dict():
            for key, part in expected.items():
                if key not in IGNORED:
                    yield from unlike(part, (found or {}).get(key), f"{path}.{key}")
        case list() if isinstance(found, list) and len(found) == len(expected):
            for number, part in enumerate(expected):
                yield from unlike(part, found[number], f"{path}[{number}]")
        case str() if same_instant(expected, found):
            pass
        case _ if expected != found:
            yield f"{path}: {expected!r} on the virtual clock, {found!r} on the server"


def same_instant(expected: str, found: Any) -> bool:
    try:
        apart = datetime.fromisoformat(expected) - datetime.fromisoformat(found)
    except (TypeError, ValueError):
        return False
    return abs(apart) < NEARLY


def message_of(command: object) -> tuple[str, tuple[str, ...]] | None:
    if not isinstance(command, CallRpc) or command.rpc != SEND:
        return None
    said = command.request
    return said["template_code"], tuple(said["recipient_person_ids"])
