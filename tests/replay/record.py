"""Record the histories that every later interpreter must replay, and the states that it must load.

    .venv/bin/python -m tests.replay.record [STORY …]

lives every story on the real server and writes what Temporal has written down of the case and of all
that was started with it, and what each of their runs handed to the next, with the plans they refer
to; with the names of stories, those alone. What a released interpreter has left is never recorded again: a new interpreter version gets
folders of its own. Until the first release all of it is, whenever a plan or the interpreter has
changed its shape.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import TypeAdapter
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecution
from temporalio.testing import WorkflowEnvironment

from kit.authn import TokenMinter, TokenVerifier
from kit.clock import SystemClock
from kit.db.migrate import migrate
from kit.db.session import Database
from kit.rpc.server import RpcServer
from stack import postgres
from stack.temporal import QUICK_FLAGS
from tests.conftest import PROGRAMS
from tests.replay.stories import MOST_EVENTS, STORIES, Story, runs_of, set_the_scene
from tests.rpc.conftest import Served, Signing
from tests.workflow.company import Company
from tests.workflow.conftest import Office, open_office
from workflows.client import StartedCase
from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.runtime.field_work.carried import CarriedWork
from workflows.runtime.payloads import CaseInput
from workflows.runtime.shell import attributes, lifetime
from workflows.runtime.shell.plan_ref import PlanRef
from workflows.serving import SCHEMA, mounts
from workflows.store import plan_content

HERE: Final = Path(__file__).parent
HISTORIES: Final = HERE / "histories" / f"interpreter-{INTERPRETER_VERSION}"
STATES: Final = HERE / "states" / f"interpreter-{INTERPRETER_VERSION}"
PLANS: Final = HERE / "plans"
CASE: Final = TypeAdapter(CaseInput)
FIELD_WORK: Final = TypeAdapter(CarriedWork)
#: So few that a run is over whenever its workflow comes to wait.
_FEW_EVENTS: Final = 4


async def record(office: Office, stories: Iterable[Story]) -> None:
    """Live every story twice: as it goes, for the histories, and in as many runs as may be, for the
    states that one run hands to the next."""
    told: set[str] = set()
    for story in stories:
        set_the_scene(office)
        most_events = MOST_EVENTS.get(story, lifetime.MOST_EVENTS)
        with runs_of(most_events):
            case = await story(office)
        runs = await _new_runs(office, case, story.__name__, told)
        for number, (name, run) in enumerate(runs):
            names = [each for each, _ in runs]
            earlier = f".{names[:number].count(name) + 1}" if name in names[number + 1 :] else ""
            await _keep_history(office, run, name + earlier, most_events)
        set_the_scene(office)
        with runs_of(_FEW_EVENTS):
            case = await story(office)
        for name, run in await _new_runs(office, case, story.__name__, told):
            await _keep_state(office, run, name)


async def _new_runs(
    office: Office, case: StartedCase, story: str, told: set[str]
) -> list[tuple[str, WorkflowExecution]]:
    """The runs of a story, the earliest first, by what they are of."""
    await asyncio.sleep(1)  # what lists runs is told of them a moment later
    runs = [run async for run in office.temporal.list_workflows() if run.run_id not in told]
    told.update(run.run_id for run in runs)
    named = []
    for run in sorted(runs, key=lambda run: (run.id, run.start_time)):
        kind = run.id.partition(":")[0]
        of = "" if run.id == case.workflow_id else "_child" if kind == "case" else f"_{kind}"
        named.append((story + of, run))
    return named


async def _keep_history(
    office: Office, run: WorkflowExecution, name: str, most_events: int
) -> None:
    """Of several runs the earlier ones are numbered. Where a run ends depends on how long it may be."""
    handle = office.temporal.get_workflow_handle(run.id, run_id=run.run_id)
    history = await handle.fetch_history()
    events = without_traces(history.to_json_dict())
    kept = {"workflow_id": run.id, "most_events": most_events, "history": events}
    path = HISTORIES / f"{name}.json"
    path.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(HERE)}: {len(history.events)} events")
    if run.id.startswith("case:"):
        await _keep_plan(office, history.events[0])


async def _keep_plan(office: Office, started: HistoryEvent) -> None:
    payloads = started.workflow_execution_started_event_attributes.input.payloads
    ref, _ = await office.temporal.data_converter.decode(payloads, [PlanRef, CaseInput])
    async with office.database.transaction(read_only=True) as session:
        content = await plan_content(session, ref.hash)
    assert content is not None
    (PLANS / f"{ref.hash}.json").write_bytes(content)


async def _keep_state(office: Office, run: WorkflowExecution, name: str) -> None:
    """What the run was handed by the one before, if there was one."""
    handle = office.temporal.get_workflow_handle(run.id, run_id=run.run_id)
    history = await handle.fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    if not started.continued_execution_run_id:
        return
    read = office.temporal.data_converter.decode
    if run.id.startswith("case:"):
        _, source = await read(started.input.payloads, [PlanRef, CaseInput])
        kept = CASE.dump_json(source, indent=1)
        await _keep_plan(office, history.events[0])
    else:
        (work,) = await read(started.input.payloads, [CarriedWork])
        kept = FIELD_WORK.dump_json(work, indent=1)
    number = len(list(STATES.glob(f"{name}.*.json"))) + 1
    (STATES / f"{name}.{number}.json").write_bytes(kept + b"\n")


def without_traces(part: Any) -> Any:
    """A history without the stack traces of failures: they name folders of the machine it ran on."""
    if isinstance(part, dict):
        return {name: without_traces(held) for name, held in part.items() if name != "stackTrace"}
    return [without_traces(held) for held in part] if isinstance(part, list) else part


def make_room(stories: Collection[Story]) -> None:
    """Remove what was kept of these stories; of all of them, the plans too."""
    names = "|".join(story.__name__ for story in stories)
    of_them = re.compile(rf"({names})(_[a-z_]+)?(\.\d+)?\.json")
    for folder in (HISTORIES, STATES, PLANS):
        folder.mkdir(parents=True, exist_ok=True)
        for kept in folder.glob("*.json"):
            if of_them.fullmatch(kept.name) or len(stories) == len(STORIES):
                kept.unlink()


async def main(names: Collection[str]) -> None:
    """Start what is needed, record, stop."""
    stories = [story for story in STORIES if not names or story.__name__ in names]
    make_room(stories)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signing = Signing(
        TokenMinter(private, "record", SystemClock()), TokenVerifier({"record": public.decode()})
    )
    company = Company()
    with postgres.throwaway() as cluster:
        migrate(cluster.url, "flows")
        server = RpcServer(
            [*mounts(SystemClock()), *company.mounts()],
            Database.connect(cluster.url, SCHEMA),
            signing.verifier,
            SystemClock(),
        )
        port = await server.start("127.0.0.1", 0)
        served = Served("flows", f"127.0.0.1:{port}", cluster.url, signing, server)
        async with (
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=str(PROGRAMS / "temporal"),
                dev_server_log_level="error",
                dev_server_extra_args=QUICK_FLAGS,
                search_attributes=attributes.ALL,
            ) as env,
            open_office(env, company, served) as office,
            office.worker(),
        ):
            await record(office, stories)
        await served.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)
