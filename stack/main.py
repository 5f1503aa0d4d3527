"""`gongdan up|down|reset|doctor|logs`: the whole product on one machine."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from stack import doctor as diagnosis
from stack import keys, logs, ports, postgres, running, temporal, welcome
from stack.children import children, own_cluster
from stack.layout import Layout
from stack.probes import NotReady, answers_sql
from stack.processes import BY_NAME, PROCESSES, Process, with_needs
from stack.supervisor import StartFailed, Supervisor
from stack.terminal import Terminal

NEEDED_GIGABYTES = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

app = typer.Typer(
    help=__doc__, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.command()
def up(
    only: Annotated[
        str, typer.Option(help="Names of processes, with commas; and their needs")
    ] = "",
) -> None:
    """Start every process and keep them running; Ctrl-C stops them."""
    layout = Layout.of_this_process()
    wanted = with_needs(_names(only)) if only else PROCESSES
    os.umask(0o077)  # histories, chats and logs are nobody else's
    with running.alone(layout):
        layout.state.chmod(0o711)  # but PostgreSQL's own user must get through to its folder
        check_machine(wanted, layout)
        prepare(layout)
        code = asyncio.run(_supervise(wanted, layout))
    os._exit(code)  # gRPC's threads sometimes crash an interpreter that ends by itself


@app.command()
def down() -> None:
    """Stop the product that runs in another terminal."""
    print("stopped" if running.stop(Layout.of_the_stack()) else "nothing runs here")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False) -> None:
    """Forget all data on this machine: cases, ledger, histories, logs and keys."""
    layout = Layout.of_the_stack()
    if not yes:
        typer.confirm(f"Delete everything in {layout.state}?", abort=True)
    running.stop(layout)
    if cluster := own_cluster(layout):
        shutil.rmtree(cluster.home, ignore_errors=True)
    shutil.rmtree(layout.state, ignore_errors=True)
    for name, variable in layout.external.items():
        print(f"{name} belongs to somebody else ({variable}) and keeps its data")
    print(f"{layout.state} is gone; the next `make up` starts afresh")


@app.command()
def doctor() -> None:
    """Ask every part whether it is well; exits 0 only if all are."""
    findings = asyncio.run(diagnosis.examine(Layout.of_the_stack()))
    diagnosis.show(findings)
    os._exit(0 if all(finding.well for finding in findings) else 1)


@app.command("logs")
def show_logs(
    name: Annotated[str, typer.Argument(help="One process; all without it")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come")] = False,
) -> None:
    """Show what the processes wrote."""
    layout = Layout.of_the_stack()
    chosen = _names(name) if name else [process.name for process in PROCESSES]
    logs.show(layout.logs, chosen, follow=follow)


def prepare(layout: Layout) -> None:
    """Make what the first start needs: folders, secrets, the database cluster."""
    for folder in (layout.state, layout.logs, layout.pid_files):
        folder.mkdir(parents=True, exist_ok=True)
    layout.remember()
    logs.rotate(layout.logs)
    keys.make_missing(layout.keys)
    if cluster := own_cluster(layout):
        cluster.prepare()


async def _supervise(wanted: tuple[Process, ...], layout: Layout) -> int:
    terminal = Terminal()
    began = time.monotonic()
    supervisor = Supervisor(children(wanted, layout), terminal.say)
    with _stopped_by_signals(supervisor, terminal) as stop:
        try:
            await _meet_others(layout)
            await _until(stop, supervisor.start())
            if not stop.is_set():
                terminal.say(welcome.table(wanted, layout, time.monotonic() - began))
                await _until(stop, supervisor.watch())
            code = 0
        except (StartFailed, NotReady, temporal.TemporalError) as problem:
            terminal.say(f"\nThe product did not start: {problem}")
            code = 1
        began = time.monotonic()
        await supervisor.stop()
    terminal.say(f"stopped after {time.monotonic() - began:.1f} s")
    terminal.close()
    return code


async def _meet_others(layout: Layout) -> None:
    """See that the servers which somebody else runs for us answer, and know what they must."""
    if "postgres" in layout.external:
        await answers_sql(None, layout.environment["DATABASE_URL"])
    if "temporal" in layout.external:
        await temporal.register_search_attributes(layout.temporal_address)


@contextmanager
def _stopped_by_signals(supervisor: Supervisor, terminal: Terminal) -> Iterator[asyncio.Event]:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            supervisor.kill()
        else:
            terminal.say("\nstopping; the same again ends everything at once")
            stop.set()

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal)
    yield stop


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, but no longer than until the stop."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    finished = working.done()
    working.cancel()
    stopping.cancel()
    await asyncio.gather(working, stopping, return_exceptions=True)
    if finished:
        working.result()


def _names(chosen: str) -> list[str]:
    names = chosen.split(",")
    for name in names:
        if name not in BY_NAME:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(BY_NAME)}")
    return names


def check_machine(wanted: tuple[Process, ...], layout: Layout) -> None:
    """End with one clear message where the machine cannot run this."""
    layout.state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(layout.state).free / 1e9
    if free < NEEDED_GIGABYTES:
        raise SystemExit(f"{layout.state} has {free:.1f} GB left; {NEEDED_GIGABYTES} GB are needed")
    taken = [
        f"  port {port} for {name} is held by {ports.holder(port)}; set {variable} to another"
        for name, port, variable in layout.listeners(wanted)
        if not ports.is_free(port)
    ]
    if taken:
        raise SystemExit("\n".join(["Ports are in use:", *taken]))


if __name__ == "__main__":
    try:
        app()
    except postgres.PostgresError as unfit:
        raise SystemExit(str(unfit)) from unfit
