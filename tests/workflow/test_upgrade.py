"""An upgrade as it happens: workers of two releases in processes of their own, side by side.

The next release is a copy of this one with another interpreter: a newer version, a part of a case's
state that this one does not have, and a step that needs it. What waits on the old one, idle or not,
ends on the new one, and the old one can go.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from stack.ports import free_port
from stack.probes import NotReady, serves_grpc
from tests.payloads import KEYS_FILE
from tests.workflow.conftest import AREAS, Office, eventually
from tests.workflow.flows import ORDER, PURCHASE, ROOMS
from tests.workflow.test_builds import (
    build_of,
    finish,
    go_round_until_moved,
    office,
    waiting,
)
from workflows.activities.deployment import Deployment, interpreter_of
from workflows.compiler.plan import INTERPRETER_VERSION

__all__ = ["office"]

HERE = Path(__file__).resolve().parent.parent.parent
NEXT = INTERPRETER_VERSION + 1
#: What the next release changes: the file, what stands there, and what will.
CHANGES = (
    (
        "workflows/compiler/plan.py",
        f"INTERPRETER_VERSION = {INTERPRETER_VERSION}\n",
        f"INTERPRETER_VERSION = {NEXT}\n",
    ),
    (
        "workflows/runtime/state.py",
        '    outcome: str = ""\n',
        '    outcome: str = ""\n    steps: int = 0\n',
    ),
    (
        "workflows/runtime/run.py",
        "        self.outcome = state.outcome\n",
        "        self.outcome = state.outcome\n        self.steps = state.steps + 1\n",
    ),
)


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    for package in ("kit", "protos", "workflows"):
        shutil.copytree(HERE / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    for name, before, after in CHANGES:
        source = (tmp_path / name).read_text()
        assert source.count(before) == 1, name
        (tmp_path / name).write_text(source.replace(before, after))
    return tmp_path


@pytest.fixture
def environment(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a worker's process is told."""
    folder = tmp_path_factory.mktemp("keys")
    key = office.served.signing.minter._key
    private = load_pem_private_key(key.encode(), password=None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "worker.key").write_text(key)
    (folder / "issuers.json").write_text(json.dumps({"tests": public.decode()}))
    return {
        **os.environ,
        "DATABASE_URL": office.served.database_url,
        "TEMPORAL_ADDRESS": office.temporal.service_client.config.target_host,
        "GONGDAN_SIGNING_KEY_FILE": str(folder / "worker.key"),
        "GONGDAN_SIGNING_ISSUER": "tests",
        "GONGDAN_ISSUERS_FILE": str(folder / "issuers.json"),
        "GONGDAN_PAYLOAD_KEYS_FILE": str(KEYS_FILE),
        "GONGDAN_WORKER_BUILDS": "side_by_side",
        **{f"GONGDAN_{area.upper()}_ADDRESS": office.served.address for area in AREAS},
    }


@contextlib.asynccontextmanager
async def release(tree: Path, environment: dict[str, str]) -> AsyncIterator[str]:
    """A worker of a release, promoted as an operator does it; what it said before that."""
    command = [sys.executable, "-m", "workflows.main"]
    port = free_port()
    told = environment | {"GONGDAN_HEALTH_PORT": str(port)}
    worker = await asyncio.create_subprocess_exec(*command, "--roles", "worker", cwd=tree, env=told)
    try:
        before = await health(port)
        promoting = await asyncio.create_subprocess_exec(*command, "--promote", cwd=tree, env=told)
        assert await promoting.wait() == 0
        await eventually(lambda: is_ready(port), "the worker is ready")
        yield before
    finally:
        worker.terminate()
        assert await worker.wait() == 0


async def health(port: int) -> str:
    """What a process says of itself, as soon as it says anything."""

    async def look() -> str | None:
        try:
            await serves_grpc(f"127.0.0.1:{port}")
        except NotReady as problem:
            return str(problem) if "SERVING" in str(problem) else None
        return "ready"

    return await eventually(look, "the worker says whether it is ready")


async def is_ready(port: int) -> bool:
    return await health(port) == "ready"


async def test_what_waits_on_the_old_release_ends_on_the_new_one(
    office: Office, environment: dict[str, str], next_release: Path
) -> None:
    office.company.people["supervisor"] = ["pe_chen"]
    deployment = Deployment(office.temporal)
    await office.publish(ORDER)
    async with contextlib.AsyncExitStack() as old:
        before = await old.enter_async_context(release(HERE, environment))
        assert "NOT_SERVING" in before  # it gets no work while no build is present
        idle, busy = await waiting(office), await waiting(office)
        rooms = await office.start(ROOMS)
        await office.task_of("pe_li", rooms)
        bought = await office.start(PURCHASE, label="空调")
        child = await office.child_of(bought)
        check = await office.task_of("pe_chen", child)
        all_cases = [idle, busy, rooms, bought, child]
        async with release(next_release, environment):
            assert interpreter_of(await deployment.present()) == NEXT
            await finish(office, busy)
            for case in all_cases:
                await office.settled(case)
            running = {case.workflow_id for case in all_cases} - {busy.workflow_id}
            for workflow_id in running:
                assert interpreter_of(await build_of(office, workflow_id)) == INTERPRETER_VERSION
            for workflow_id in running:
                await go_round_until_moved(office, workflow_id, await deployment.present())
            await old.aclose()

            await finish(office, idle)
            assert (await office.act(check, "approve", "pe_chen", form={"note": "good"})).applied
            assert await office.outcome(child) == "completed"
            sign = await office.task_of("pe_li", bought)
            assert (await office.act(sign, "complete", "pe_li")).applied
            assert await office.outcome(bought) == "completed"
            for room in await office.inbox("pe_li", rooms):
                assert (await office.act(room, "complete", "pe_li", form={"area": 9})).applied
            measured = await office.task_of("pe_chen", rooms)
            assert (await office.act(measured, "approve", "pe_chen")).applied
            assert await office.outcome(rooms) == "completed"
