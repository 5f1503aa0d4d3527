"""Every scenario of the library on the real server: real gRPC, the real shell, its worker and its client,
by the story's own clock. It goes as it goes on the virtual clock, from moment to moment, and replays.

Field work and child cases are stand-ins, since a story says how they end and not what is done in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from kit.clock import SystemClock
from tests.flows.library import FLOWS, LIBRARY, plan_of, scenarios_of
from tests.rpc.conftest import Serve, Served
from tests.workflow.account import failed_tasks, histories, replay_failures
from tests.workflow.company import Company
from tests.workflow.conftest import Office, eventually, open_office
from tests.workflow.story_time import StoryTime
from tests.workflow.told import Told, ToldFieldWork, ToldInstallation
from workflows.client import CaseStart, StartedCase
from workflows.compiler.plan import ForEachNode, PlanGraph, PlanNode, SubflowNode
from workflows.language.units import parse_duration
from workflows.runtime import describe, spreading
from workflows.runtime.commands import CallRpc, RaiseIncident, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.messages import SEND
from workflows.runtime.payloads import CANCEL, Signal
from workflows.runtime.port import VirtualCase
from workflows.runtime.workflow import CaseWorkflow
from workflows.serving import mounts
from workflows.simulation.scenario import Step, act_of, begin, calls, opening_of, play_step
from workflows.simulation.world import World
from workflows.system.alert import AlertWorkflow

#: What only the server knows.
IGNORED = ("flow_version", "plan_hash", "calendar_hash", "business_clock")
STORIES = [
    (folder, scenario.name) for folder in LIBRARY for scenario in scenarios_of(folder).scenarios
]


@pytest.fixture(autouse=True)
def every_timer_rings_when_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "SPREAD", timedelta(0))


@pytest.fixture(scope="module")
async def told_served(serve: Serve) -> AsyncIterator[tuple[Told, Served]]:
    told = Told()
    served = await serve("flows", [*mounts(SystemClock()), *told.mounts()])
    yield told, served
    await served.stop()


@pytest.fixture(scope="module")
async def time() -> StoryTime:
    return StoryTime()


@pytest.fixture(scope="module")
async def office(
    told_served: tuple[Told, Served], temporal_dev_server: WorkflowEnvironment, time: StoryTime
) -> AsyncIterator[Office]:
    _, served = told_served
    async with open_office(temporal_dev_server, Company(), served, [time]) as office:
        yield office


@dataclass
class Stage:
    """A story in two places: on the server and on the virtual clock."""

    office: Office
    time: StoryTime
    told: Told
    case: StartedCase
    virtual: VirtualCase

    async def pass_time(self, duration: timedelta) -> None:
        """Move both clocks on, from one moment at which something falls due to the next."""
        until = self.virtual.now + duration
        while self.virtual.now < until:
            at = min(self.virtual.next_due or until, until)
            self.virtual.advance(at - self.virtual.now)
            await self.time.move_to(at, self.office.temporal)
            await self.agree()

    async def play(self, step: Step, number: int) -> None:
        """Play one step of a story."""
        if step.after:
            await self.pass_time(parse_duration(step.after))
        act = act_of(self.virtual, step.act, number) if step.act else None
        assert play_step(self.virtual, step.model_copy(update={"after": ""}), number) == []
        await self._play_on_server(step, act)
        await self.agree()

    async def _play_on_server(self, step: Step, act: Act | None) -> None:
        workflow_id = self.case.workflow_id
        handle = self.office.temporal.get_workflow_handle(workflow_id)
        if act is not None:
            reply = await self.office.cases.act(workflow_id, act)
            assert (reply.refusal.reason if reply.refusal else "") == step.refused
        if step.event is not None:
            event = step.event
            await handle.signal("event", Signal(event.type, event.key, payload=event.payload))
        if step.cancel:
            await handle.signal("event", Signal(CANCEL, "", payload={"reason": step.cancel}))

    async def agree(self) -> None:
        """The case comes to stand on the server as it stands on the virtual clock, and has told and
        done the same."""
        apart: list[str] = []

        async def look() -> bool:
            assert self.told.unanswered == []
            apart[:] = [sentence async for sentence in self.differences()]
            return apart == []

        try:
            await eventually(look, "the case stands as it should")
        except TimeoutError:
            assert apart == []

    async def differences(self) -> AsyncIterator[str]:
        """What is not the same on the server, in sentences."""
        virtual, told = self.virtual, self.told
        handle = self.office.temporal.get_workflow_handle(self.case.workflow_id)
        standing: dict[str, Any] = await handle.query("standing")
        expected = in_order(describe.standing(virtual.state, virtual.plan))
        apart = list(unlike(expected, in_order(standing), "standing"))
        for sentence in apart:
            yield sentence
        if apart:
            return  # no need to ask for more: it is on its way
        commands = [command for _, command in virtual.commands]
        acts = [f"{a.verb} {a.task_id} {a.person}" for a in commands if isinstance(a, RecordAct)]
        recorded = await self.office.acts(self.case)
        done = [f"{a.verb} {a.user_task_id} {a.acting_person_id}" for a in recorded]
        called = Counter({rpc: count for rpc, count in calls(commands).items() if rpc != SEND})
        sent = Counter(filter(None, map(message_of, commands)))
        alerts = sorted({each.reason for each in commands if isinstance(each, RaiseIncident)})
        for what, wanted, found in (
            ("acts", acts, done),
            ("calls", called, told.calls),
            ("messages", sent, Counter(told.sent)),
            ("alerts", alerts, sorted(told.alerts)),
        ):
            if wanted != found:
                yield f"{what}: {wanted} on the virtual clock, {found} on the server"


@pytest.mark.parametrize(
    ("folder", "name"), STORIES, ids=[f"{folder.name}: {name}" for folder, name in STORIES]
)
async def test_a_story_goes_on_the_server_as_on_the_virtual_clock(
    office: Office,
    time: StoryTime,
    told_served: tuple[Told, Served],
    folder: Path,
    name: str,
) -> None:
    told, _ = told_served
    file = scenarios_of(folder)
    story = next(scenario for scenario in file.scenarios if scenario.name == name)
    told.begin(World((*story.answers, *file.answers)), opening_of(story, file))
    for published in published_with(folder):
        await office.publish((published / "flow.yaml").read_text())
    children = [each for each in (ToldInstallation,) if each.flow != folder.name]
    workflows = (CaseWorkflow, ToldFieldWork, AlertWorkflow, *children)
    time.now = story.starts_at.astimezone(UTC)
    async with office.worker(workflows=workflows, activities=(told.child,), runner=time.runner()):
        start = CaseStart(folder.name, story.inputs, started_by=story.started_by)
        case = await office.cases.start(start)
        virtual = begin(plan_of(folder), story, file, case_id=case.case_id)
        stage = Stage(office, time, told, case, virtual)
        await stage.agree()
        for number, step in enumerate(story.steps, start=1):
            await stage.play(step, number)
        await time.end(office.temporal)
    lived = [run async for run in histories(office.temporal, [case.workflow_id])]
    assert [task for run in lived for task in failed_tasks(run)] == []
    runs = histories(office.temporal, [case.workflow_id])
    assert await replay_failures(office.temporal, runs, StoryTime().runner()) == []


def published_with(folder: Path) -> list[Path]:
    """The flows that a flow lives through, and itself."""
    through = {node.flow for node in every_node(plan_of(folder)) if isinstance(node, SubflowNode)}
    return [*(FLOWS / code for code in sorted(through - {""})), folder]


def every_node(graph: PlanGraph) -> Iterator[PlanNode]:
    for node in graph.nodes:
        yield node
        if isinstance(node, ForEachNode | SubflowNode) and node.body is not None:
            yield from every_node(node.body)


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
    every field."""
    match expected:
        case dict():
            for key, part in expected.items():
                if key not in IGNORED:
                    yield from unlike(part, (found or {}).get(key), f"{path}.{key}")
        case list() if isinstance(found, list) and len(found) == len(expected):
            for number, part in enumerate(expected):
                yield from unlike(part, found[number], f"{path}[{number}]")
        case _ if expected != found:
            yield f"{path}: {expected!r} on the virtual clock, {found!r} on the server"


def message_of(command: object) -> tuple[str, tuple[str, ...]] | None:
    if not isinstance(command, CallRpc) or command.rpc != SEND:
        return None
    said = command.request
    return said["template_code"], tuple(said["recipient_person_ids"])
