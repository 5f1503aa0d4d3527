"""Every process of the product as a table: what it is, where it listens, what it needs.

The supervisor runs it, the doctor asks it, the container starts one row of it, and a test holds
the Kubernetes manifests to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter


class Ready(Enum):
    """How a process shows that it is ready."""

    EXIT = "it ended well: it runs once, before those that need it"
    SQL = "a query is answered"
    GRPC = "grpc.health.v1 says SERVING"
    HTTP = "GET /healthz answers 200"


@dataclass(frozen=True)
class Process:
    """One row: a program of the product."""

    name: str
    says: str
    """What it is, in the words of the table that people see."""
    module: str | None
    """`python -m module` runs it; None for a server that is not ours."""
    ready: Ready
    needs: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    port: int = 0
    port_variable: str = ""
    """The environment variable that moves it: a port, or an address that ends in one."""
    keys: tuple[str, ...] = ()
    """The secrets it may read, as `stack.keys` names them; nobody else is told where they lie."""
    health_service: str = ""
    inputs: tuple[str, ...] = ()
    """Of one that runs once: the files whose change makes it run again on the same data."""


def _service(name: str, says: str, port: int, keys: tuple[str, ...] = ()) -> Process:
    return Process(
        name=name,
        says=says,
        module=f"services.{name}.main",
        ready=Ready.GRPC,
        needs=("migrate",),
        port=port,
        port_variable=f"GONGDAN_{name.upper()}_ADDRESS",
        keys=keys,
    )


SERVICES = ("directory", "pricing", "workorder", "settlement", "notify")

PROCESSES = (
    Process(
        name="postgres",
        says="PostgreSQL",
        module=None,
        ready=Ready.SQL,
        port=54321,
        port_variable="GONGDAN_POSTGRES_PORT",
    ),
    Process(
        name="temporal",
        says="Temporal",
        module=None,
        ready=Ready.GRPC,
        port=7233,
        port_variable="GONGDAN_TEMPORAL_PORT",
        health_service="temporal.api.workflowservice.v1.WorkflowService",
    ),
    Process(
        name="migrate",
        says="schema migrations",
        module="kit.db.migrate",
        arguments=("all",),
        ready=Ready.EXIT,
        needs=("postgres",),
        inputs=("kit/db/**/*.py", "services/*/migrations/**/*.py", "workflows/migrations/**/*.py"),
    ),
    Process(
        name="wecom",
        says="WeCom sandbox",
        module="simulators.wecom.main",
        ready=Ready.HTTP,
        port=8090,
        port_variable="GONGDAN_WECOM_SIMULATOR_PORT",
        keys=("wecom_app", "wecom_callback"),
    ),
    Process(
        name="payout",
        says="payout sandbox",
        module="simulators.payout.main",
        ready=Ready.HTTP,
        port=8091,
        port_variable="GONGDAN_PAYOUT_SIMULATOR_PORT",
        keys=("payout_platform",),
    ),
    _service("directory", "people, outlets, customers, places", 50051, keys=("pii",)),
    _service("pricing", "libraries, price books, quotes", 50052),
    _service("workorder", "work orders, dispatch, visits", 50053),
    _service("settlement", "ledger, earnings, payouts", 50054, keys=("payout_merchant",)),
    _service("notify", "messages and their delivery", 50055, keys=("wecom_app",)),
    Process(
        name="workflows",
        says="cases and flows, worker, relay",
        module="workflows.main",
        ready=Ready.GRPC,
        needs=("migrate", "temporal"),
        port=50056,
        port_variable="GONGDAN_CASES_ADDRESS",
        keys=("worker", "payloads"),
    ),
    Process(
        name="gateway",
        says="product and API",
        module="services.gateway.main",
        ready=Ready.HTTP,
        needs=("migrate", "temporal"),
        port=8080,
        port_variable="GONGDAN_GATEWAY_PORT",
        keys=("gateway", "bootstrap", "payloads", "wecom_callback"),
    ),
    Process(
        name="seed",
        says="example company",
        module="stack.seed",
        ready=Ready.EXIT,
        needs=("workflows", *SERVICES),
        keys=("gateway",),
        inputs=("stack/seed.*", "flows/*/flow.yaml"),
    ),
)

BY_NAME = {process.name: process for process in PROCESSES}


def with_needs(names: Iterable[str]) -> tuple[Process, ...]:
    """Give the named processes and all they need, in the table's order."""
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(BY_NAME[name].needs)
    return tuple(process for process in PROCESSES if process.name in wanted)


def start_waves(processes: Iterable[Process]) -> list[list[str]]:
    """Give the names in waves: each needs only what stands in the waves before it."""
    chosen = {process.name: process for process in processes}
    sorter = TopologicalSorter(
        {name: [need for need in row.needs if need in chosen] for name, row in chosen.items()}
    )
    sorter.prepare()
    waves = []
    while sorter.is_active():
        wave = sorter.get_ready()
        waves.append(sorted(wave))
        sorter.done(*wave)
    return waves
