"""`gongdan flow simulate`: live a flow through before anybody has to, on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.api import Refused
from cli.flow_check import is_bpmn, library_beside, read
from cli.output import tell_plain, text
from cli.times import instant
from kit.clock import SystemClock

if TYPE_CHECKING:
    from workflows.compiler.failing import Beat, FailingRun
    from workflows.compiler.plan import Plan

_File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, readable=True)]


def simulate(
    file: _File,
    trace: Annotated[
        bool, typer.Option("--trace", help="Play the runs in which an unsound flow fails")
    ] = False,
    scenario: Annotated[
        str, typer.Option("--scenario", help="Play one of scenarios.yaml beside it; all: every one")
    ] = "",
    runs: Annotated[
        int,
        typer.Option(help="Simulate so many cases at once, with simulation.yaml beside it", min=0),
    ] = 0,
    against: Annotated[
        Path | None, typer.Option(help="Compare with another flow", exists=True, readable=True)
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the figures into an SVG file")] = None,
    seed: Annotated[
        int, typer.Option(help="Let chance decide; the same seed gives the same case", min=0)
    ] = 0,
    calendar: Annotated[
        str, typer.Option(help="standard: China's working days; or a file; default: the scenario's")
    ] = "",
    start: Annotated[str, typer.Option(help="When it starts; default: now")] = "",
) -> None:
    """A case of this flow on a clock of its own, or many at once: days pass in no time, services
    answer as their contracts say, people do what they are asked. Exits 1 when a case does not come
    to an end as it should."""
    if trace:
        _trace(file)
        return
    plan = _plan(file)
    at = instant(start) if start else SystemClock().now()
    if scenario:
        from cli.flow_dry_run import play_scenarios  # noqa: PLC0415 - loads the interpreter

        play_scenarios(plan, file, scenario, calendar)
    elif runs or against or plot:
        from cli.flow_crowd import simulate_many  # noqa: PLC0415

        plans = [(file, plan), *([(against, _plan(against))] if against else [])]
        simulate_many(plans, at, runs=runs, seed=seed or None, calendar=calendar, drawn=plot)
    else:
        from cli.flow_dry_run import play  # noqa: PLC0415

        play(plan, at, seed or None, calendar)


def _plan(file: Path) -> Plan:
    from workflows.catalog import load_catalog  # noqa: PLC0415 - the compiler takes half a second
    from workflows.compiler.compile import compile_flow  # noqa: PLC0415

    plan = compile_flow(read(file), load_catalog(), library_beside(file)).plan
    if plan is None:
        raise Refused(
            f"{file} has errors; gongdan flow check tells them, --trace plays what is unsound",
            "FLOW_NOT_PUBLISHABLE",
        )
    return plan


def _trace(file: Path) -> None:
    failing = _failing(file)
    plain = [
        {"flaw": run.flaw, "inside": run.inside, "run": [asdict(beat) for beat in run.beats]}
        for run in failing
    ]
    tell_plain(
        plain, lambda _: "\n\n".join(_run(run) for run in failing) or "nothing fails 没有问题"
    )
    if failing:
        raise typer.Exit(1)


def _failing(file: Path) -> list[FailingRun]:
    if is_bpmn(file):
        from workflows.bpmn.read import play_bpmn  # noqa: PLC0415

        return play_bpmn(read(file))
    from workflows.compiler.failing import failing_runs  # noqa: PLC0415

    return failing_runs(read(file))


def _run(run: FailingRun) -> str:
    head = f"[red]{run.flaw}[/]" + (f" inside [bold]{text(run.inside)}[/]" if run.inside else "")
    return "\n".join([head, *(_beat(number, beat) for number, beat in enumerate(run.beats))])


def _beat(number: int, beat: Beat) -> str:
    what = f"[bold]{text(beat.node)}[/] {text(beat.by)}" if beat.node else "start"
    takes = f" → {text(' '.join(beat.takes))}" if beat.takes and beat.by != "comes" else ""
    marking = beat.marking
    standing = [*marking.steps, *(f"→{line}" for line in marking.lines if line)]
    ends = f"  ended at {text(' '.join(marking.ends))}" if marking.ends else ""
    return f"  {number:>3}. {what}{takes}   [dim]tokens: {text(' '.join(standing)) or '–'}{ends}[/]"
