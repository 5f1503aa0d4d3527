"""The whole product, run as a newcomer runs it, on free ports and a state of its own.

    product     package   a running stack: addresses, environment, and the means to hurt it
    doomed      module    another one, for tests that leave it with much to catch up on
    collector   package   takes the traces that the stack's processes export
    door        package   an HTTP client at the API, with the stack's own token

``product`` once, because a start costs seconds, and no longer, because it is never idle; tests keep
apart by cases and keys of their own.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from stack import probes
from stack.children import own_cluster, shared_environment
from stack.layout import PROJECT, UI_PORT_VARIABLE, Layout
from stack.ports import free_port
from stack.processes import BY_NAME, PROCESSES
from tests.e2e.collector import Collector

T = TypeVar("T")
START_SECONDS = 180
QUICK_EXPORT = {"OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_EXPORTER_OTLP_INSECURE": "true"}
SETTLE_SECONDS = 120


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    output: str
    errors: str


class Product:
    """A running stack.

    `url` gives pages, `address` gRPC, `gongdan` runs a command of the product. `kill` is sudden
    (SIGKILL) and the supervisor starts the process again: `killed = product.kill("workflows")`,
    then `await product.ready_again("workflows", killed)`, is a crash and a recovery.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.environment: dict[str, str] = {}

    def start(self) -> None:
        """Run `up` until it says that everything is ready."""
        said = self.layout.state.with_name("supervisor.log")
        with said.open("wb") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "stack.main", "up"],
                env=self.layout.environment,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Gongdan is ready" not in said.read_text():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"the product did not start:\n{said.read_text()}")
            time.sleep(0.1)
        self.environment = shared_environment(self.layout, own_cluster(self.layout))

    def stop(self) -> int:
        """Stop everything as Ctrl-C does; give the exit code. The data stays for a new start."""
        self._supervisor.send_signal(signal.SIGINT)
        try:
            return self._supervisor.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            raise

    def address(self, name: str) -> str:
        """Give host and port of a process of the table."""
        return f"127.0.0.1:{self.layout.port(BY_NAME[name])}"

    def url(self, name: str) -> str:
        """Give the address of a process that serves pages."""
        return f"http://{self.address(name)}"

    def process_id(self, name: str) -> int:
        """Give the process id of a process that runs now."""
        return int((self.layout.pid_files / name).read_text())

    def kill(self, name: str) -> int:
        """End a process at once; give the process id it had."""
        killed = self.process_id(name)
        os.kill(killed, signal.SIGKILL)
        return killed

    async def ready_again(self, name: str, killed: int) -> None:
        """Wait until a process other than the killed one answers."""
        probe = probes.of(BY_NAME[name], self.layout, own_cluster(self.layout))
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                if self.process_id(name) != killed:
                    return await probe()
            except (probes.NotReady, FileNotFoundError):
                pass  # between two lives
            assert time.monotonic() < deadline, f"{name} did not come back:\n{self.log(name)}"
            await asyncio.sleep(0.1)

    def log(self, name: str) -> str:
        """Give all that a process wrote."""
        return (self.layout.logs / f"{name}.log").read_text(errors="replace")

    async def gongdan(self, *arguments: str, seconds: float = 90) -> Finished:
        """Run a `gongdan` command against this stack."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stack.entry", *arguments),
            env=self.environment,
            cwd=PROJECT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate()
        assert process.returncode is not None
        return Finished(process.returncode, output.decode(), errors.decode())

    async def told(self, *arguments: str, person: str = "") -> Any:
        """Run a `gongdan` command that must succeed; give what it says as JSON."""
        as_person = ("--as", person) if person else ()
        done = await self.gongdan(*arguments, "--json", *as_person)
        assert done.code == 0, done.errors + done.output
        return json.loads(done.output)


async def until(look: Callable[[], Awaitable[T | None]], what: str, seconds: float = 60) -> T:
    """Look again and again until something is there; fail by name when it never is."""
    deadline = time.monotonic() + seconds
    while (found := await look()) is None:
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.2)
    return found


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture(scope="package")
def product(collector: Collector) -> Iterator[Product]:
    with running(collector) as product:
        yield product


@pytest.fixture(scope="module")
def doomed(collector: Collector) -> Iterator[Product]:
    with running(collector) as product:
        yield product


@contextlib.contextmanager
def running(collector: Collector) -> Iterator[Product]:
    """A stack from its start to its stop."""
    # Not pytest's own temporary folder: nobody but root may enter it, PostgreSQL's user included.
    with tempfile.TemporaryDirectory(prefix="gongdan-e2e-") as folder:
        Path(folder).chmod(0o755)
        product = Product(Layout(_environment(Path(folder) / "state", collector)))
        product.start()
        try:
            yield product
        finally:
            product.stop()


def _environment(state: Path, collector: Collector) -> dict[str, str]:
    ours = ("GONGDAN_", "DATABASE_URL", "TEMPORAL_ADDRESS")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environment |= {"GONGDAN_STATE": str(state), UI_PORT_VARIABLE: str(free_port())}
    for process in PROCESSES:
        if process.port_variable:
            environment[process.port_variable] = f"127.0.0.1:{free_port()}"
    return environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, **QUICK_EXPORT}


@pytest.fixture(scope="package")
def door(product: Product) -> Iterator[httpx.Client]:
    token = (product.layout.keys / "bootstrap.token").read_text().strip()
    with httpx.Client(
        base_url=product.url("gateway") + "/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=20,
    ) as client:
        yield client
