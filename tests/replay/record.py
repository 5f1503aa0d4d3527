"""Record the histories that every later interpreter must replay.

    .venv/bin/python -m tests.replay.record

runs each story below on the real server and writes what Temporal has written down of the case, its
child case and its field work, with the plans they refer to. Histories of a released interpreter are
never recorded again: a new interpreter version gets a folder of its own. Until the first release all
of them are, whenever a plan or the interpreter has changed its shape.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from temporalio.testing import WorkflowEnvironment

from kit.authn import TokenMinter, TokenVerifier
from kit.clock import SystemClock
from kit.db.migrate import migrate
from kit.db.session import Database
from kit.rpc.server import RpcServer
from stack import postgres
from stack.temporal import QUICK_FLAGS
from tests.conftest import PROGRAMS
from tests.rpc.conftest import Served, Signing
from tests.workflow.company import COMPLETION_CODE, Company
from tests.workflow.conftest import Office, eventually, open_office
from tests.workflow.flows import (
    BREAKDOWN,
    HURRY,
    INSTALL,
    MEASURE,
    ORDER,
    PREPARE,
    PURCHASE,
    RACE,
    ROOMS,
    SIGN,
)
from workflows.activities import rpc
from workflows.client import Act, StartedCase
from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.main import SCHEMA, mounts
from workflows.runtime.payloads import Signal
from workflows.runtime.shell import attributes, lifetime
from workflows.store import plan_content

HERE: Final = Path(__file__).parent
HISTORIES: Final = HERE / "histories" / f"interpreter-{INTERPRETER_VERSION}"
PLANS: Final = HERE / "plans"


async def installed(office: Office) -> StartedCase:
    """From the form to the locked earning, a wrong code on the way."""
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 2}
    )
    offer = await office.task_of("pe_tian", case, "offer")
    await office.act(offer, "decline", "pe_tian", comment="太远")
    offer = await office.task_of("pe_guo", case, "offer")
    await office.act(offer, "accept", "pe_guo")
    start = datetime.now(UTC) + timedelta(days=1)
    window = {"window_start": start.isoformat(), "window_end": start.isoformat()}
    for verb, form in (
        ("schedule", window),
        ("check_in", {}),
        ("complete", {"completion_code": "000000"}),
        ("complete", {"completion_code": COMPLETION_CODE}),
    ):
        await office.act(await office.task_for("pe_guo", case, verb), verb, "pe_guo", form=form)
    await office.outcome(case)
    return case


async def nobody(office: Office) -> StartedCase:
    """No technician at all: the error path."""
    office.company.technicians.clear()
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )
    await office.act(await office.task_of("pe_chen", case), "complete", "pe_chen")
    await office.outcome(case)
    return case


async def cancelled(office: Office) -> StartedCase:
    """Cancelled while an offer waits: everything is undone."""
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )
    await office.task_of("pe_tian", case, "offer")
    cancel = Act(act_key="cancel", verb="cancel", person="pe_chen", roles=("supervisor",))
    await office.cases.act(case.workflow_id, cancel)
    await office.outcome(case)
    return case


async def alerted(office: Office) -> StartedCase:
    """A deadline passes, then the answer comes."""
    hurried = MEASURE.replace("code: measure", "code: hurried").replace(
        "respond: 2h", "respond: 2s"
    )
    case = await office.start(hurried)
    task = await office.task_of("pe_li", case)

    async def told() -> bool:
        return office.company.messages_to("pe_chen", "sla_alert") != []

    await eventually(told, "the alert")
    await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
    await office.outcome(case)
    return case


async def countersigned(office: Office) -> StartedCase:
    """Two signers, and a service that is down at first."""
    office.company.down = {"directory"}
    case = await office.start(SIGN)
    await asyncio.sleep(1)
    office.company.down = set()
    for person in ("pe_zhao", "pe_qian"):
        await office.act(await office.task_of(person, case), "approve", person)
    await office.outcome(case)
    return case


async def delayed(office: Office) -> StartedCase:
    """A local attempt that runs out of time."""
    office.company.slow["ResolveAssignees"] = 0.8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rpc, "_DEADLINE_SHARE", 4.0)
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
    await office.act(task, "complete", "pe_li", form={"note": "好"})
    await office.outcome(case)
    return case


async def woken(office: Office) -> StartedCase:
    """A domain event ends a wait."""
    case = await office.start(BREAKDOWN, work_order_id="wo_1")
    await office.settled(case)
    order = {"work_order_id": "wo_1", "created_at": "2026-03-02T01:00:00Z"}
    signal = Signal(
        "workorder.v1.WorkOrderChanged", "wo_1", "work_order:wo_1", 1, {"work_order": order}
    )
    await office.temporal.get_workflow_handle(case.workflow_id).signal("event", signal)
    await office.outcome(case)
    return case


async def continued(office: Office) -> StartedCase:
    """A later run of a case that has continued as new."""
    with soon_new():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
        for _ in range(8):
            await office.act(task, "urge", "pe_li", revision=None)
        await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
        await office.outcome(case)
    return case


@contextlib.contextmanager
def soon_new() -> Iterator[None]:
    """Cases continue as new after few events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifetime, "MOST_EVENTS", 30)
        yield


async def measured(office: Office) -> StartedCase:
    """Three rooms at once, the case continuing as new meanwhile."""
    with soon_new():
        case = await office.start(ROOMS)
        await office.task_of("pe_li", case)
        await office.settled(case)
        for number, room in enumerate(await office.inbox("pe_li", case)):
            await office.act(room, "urge", "pe_li", revision=None)
            await office.act(room, "complete", "pe_li", form={"area": number}, revision=None)
        await office.act(await office.task_of("pe_chen", case), "approve", "pe_chen")
        await office.outcome(case)
    return case


async def prepared(office: Office) -> StartedCase:
    """Two branches of an inclusive decision meet."""
    case = await office.start(PREPARE, drawing=True, permit=True)
    for person in ("pe_li", "pe_chen"):
        await office.act(await office.task_of(person, case), "complete", person)
    await office.outcome(case)
    return case


async def overtaken(office: Office) -> StartedCase:
    """One deadline beside a task, and one that takes it away."""
    hurry = HURRY.replace("after: 2h", "after: 1s").replace("after: 8h", "after: 3s")
    case = await office.start(hurry.replace("code: hurry", "code: in_seconds"))
    for node in ("take_over", "remind"):
        task = await _task_at(office, case, node)
        await office.act(task, "complete", "pe_chen")
    await office.outcome(case)
    return case


async def raced(office: Office) -> StartedCase:
    """The shorter of two waits wins."""
    soon = RACE.replace("3d", "1s").replace("code: race", "code: soon")
    case = await office.start(soon, work_order_id="wo_1")
    await office.act(await office.task_of("pe_chen", case), "complete", "pe_chen")
    await office.outcome(case)
    return case


async def purchased(office: Office) -> StartedCase:
    """A child case, lived through."""
    await office.publish(ORDER)
    case = await office.start(PURCHASE, label="空调")
    child = await office.child_of(case)
    await office.act(
        await office.task_of("pe_chen", child), "approve", "pe_chen", form={"note": "good"}
    )
    await office.act(await office.task_of("pe_li", case), "complete", "pe_li")
    await office.outcome(case)
    return case


async def called_off(office: Office) -> StartedCase:
    """Cancelled while the child case waits."""
    await office.publish(ORDER)
    case = await office.start(PURCHASE, label="空调")
    await office.task_of("pe_chen", await office.child_of(case))
    cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk", comment="退单")
    await office.cases.act(case.workflow_id, cancel)
    await office.outcome(case)
    return case


async def _task_at(office: Office, case: StartedCase, node: str) -> Any:
    async def look() -> Any:
        tasks = await office.inbox("pe_chen", case)
        return next((task for task in tasks if task.node == node), None)

    return await eventually(look, node)


STORIES: Final[tuple[Callable[[Office], Awaitable[StartedCase]], ...]] = (
    installed,
    nobody,
    cancelled,
    alerted,
    countersigned,
    delayed,
    woken,
    continued,
    measured,
    prepared,
    overtaken,
    raced,
    purchased,
    called_off,
)


async def record(office: Office) -> None:
    """Live every story and keep what was written down."""
    for story in STORIES:
        office.company.reset()
        office.company.people = {
            "sales": ["pe_wang"],
            "designer": ["pe_li"],
            "supervisor": ["pe_chen"],
            "technical_director": ["pe_zhao", "pe_qian"],
        }
        office.company.technicians = ["pe_tian", "pe_guo"]
        case = await story(office)
        await _keep_case(office, case, story.__name__)
        if story in (installed, cancelled):
            await _keep(office, f"field_work:wo_{case.case_id}", f"{story.__name__}_field_work")
        if story in (purchased, called_off):
            await _keep_case(office, await office.child_of(case), f"{story.__name__}_child")


async def _keep_case(office: Office, case: StartedCase, name: str) -> None:
    await _keep(office, case.workflow_id, name)
    async with office.database.transaction(read_only=True) as session:
        plan_hash = (await office.case(case)).plan_hash
        content = await plan_content(session, plan_hash)
    assert content is not None
    (PLANS / f"{plan_hash}.json").write_bytes(content)


async def _keep(office: Office, workflow_id: str, name: str) -> None:
    history = await office.temporal.get_workflow_handle(workflow_id).fetch_history()
    kept = {"workflow_id": workflow_id, "history": without_traces(history.to_json_dict())}
    path = HISTORIES / f"{name}.json"
    path.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(HERE)}: {len(history.events)} events")


def without_traces(part: Any) -> Any:
    """A history without the stack traces of failures: they name folders of the machine it ran on."""
    if isinstance(part, dict):
        return {name: without_traces(held) for name, held in part.items() if name != "stackTrace"}
    return [without_traces(held) for held in part] if isinstance(part, list) else part


async def main() -> None:
    """Start what is needed, record, stop."""
    for folder in (HISTORIES, PLANS):
        folder.mkdir(parents=True, exist_ok=True)
        for kept in folder.glob("*.json"):
            kept.unlink()
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
        served = Served("flows", f"127.0.0.1:{port}", cluster.url, signing)
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
            await record(office)
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)
