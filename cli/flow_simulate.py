"""`gongdan flow simulate`: live a flow through before anybody has to, on this machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.api import Refused
from cli.flow_check import is_bpmn, library_beside, read
from cli.output import table, tell_plain, text
from cli.times import instant
from kit.clock import SHANGHAI, SystemClock
from services.gateway.words import word

if TYPE_CHECKING:
    from workflows.compiler.failing import Beat, FailingRun
    from workflows.compiler.plan import Plan
    from workflows.simulation.account import Happening
    from workflows.simulation.dry_run import Simulation

_File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, readable=True)]


def simulate(
    file: _File,
    trace: Annotated[
        bool, typer.Option("--trace", help="Play the runs in which an unsound flow fails")
    ] = False,
    story: Annotated[
        str, typer.Option("--story", help="Play one of scenarios.yaml beside it; all: every one")
    ] = "",
    seed: Annotated[
        int, typer.Option(help="Let chance decide; the same seed gives the same story", min=0)
    ] = 0,
    runs: Annotated[int, typer.Option(help="Play so many by chance and count", min=0)] = 0,
    start: Annotated[str, typer.Option(help="When it starts; default: now")] = "",
) -> None:
    """A case of this flow on a clock of its own: days pass in no time, services answer as their
    contracts say, people do what they are asked. Exits 1 when it does not come to an end as it
    should."""
    if trace:
        _trace(file)
        return
    plan = _plan(file)
    if story:
        _stories(plan, file, story)
        return
    at = instant(start) if start else SystemClock().now()
    if runs:
        _count(plan, at, seed, runs)
    else:
        _play(plan, at, seed or None)


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


def _play(plan: Plan, at: datetime, seed: int | None) -> None:
    from workflows.simulation.dry_run import simulate as live_through  # noqa: PLC0415

    lived = live_through(plan, at, seed=seed)
    plain = {
        "status": lived.status,
        "stopped": lived.stopped,
        "account": [_plain(happening) for happening in lived.account],
    }
    tell_plain(plain, lambda _: _account(lived))
    if lived.stopped:
        raise typer.Exit(1)


def _plain(happening: Happening) -> dict[str, Any]:
    return {**asdict(happening), "at": happening.at.isoformat()}


def _account(lived: Simulation) -> Any:
    rows = table("when", "what", "node", "who", "")
    for happening in lived.account:
        rows.add_row(
            f"{happening.at.astimezone(SHANGHAI):%m-%d %H:%M:%S}",
            word(happening.what),
            text(happening.title or happening.node),
            text(" ".join(happening.who)),
            text(word(happening.detail)),
        )
    rows.caption = text(f"{word(lived.status)} {lived.stopped}")
    return rows


def _count(plan: Plan, at: datetime, seed: int, runs: int) -> None:
    from workflows.simulation.dry_run import simulate as live_through  # noqa: PLC0415

    lived = [live_through(plan, at, seed=seed + number) for number in range(runs)]
    ended = Counter(each.stopped or each.status for each in lived)
    visited = Counter(
        node
        for each in lived
        for node in {happening.node for happening in each.account if happening.node}
    )
    plain = {"runs": runs, "ended": dict(ended), "visited": dict(visited.most_common())}

    def shown(_: Any) -> Any:
        rows = table("node", "in runs")
        for node, count in visited.most_common():
            rows.add_row(node, str(count))
        rows.caption = "  ".join(f"{text(word(how))}: {count}" for how, count in ended.items())
        return rows

    tell_plain(plain, shown)
    if any(each.stopped for each in lived):
        raise typer.Exit(1)


def _stories(plan: Plan, file: Path, name: str) -> None:
    from workflows.language.reading import read_source  # noqa: PLC0415
    from workflows.simulation.scenario import ScenarioFile, play  # noqa: PLC0415

    folder = file if file.is_dir() else file.parent
    told = ScenarioFile.model_validate(read_source(read(folder / "scenarios.yaml")).value)
    chosen = [each for each in told.scenarios if name in ("all", each.name)]
    if not chosen:
        known = "; ".join(each.name for each in told.scenarios)
        raise Refused(f"there is no story {name!r}; known: {known}", "FLOW_STORY_UNKNOWN")
    found = {each.name: play(plan, each, told) for each in chosen}

    def shown(_: Any) -> str:
        lines = []
        for title, wrong in found.items():
            lines.append(f"{'[red]✗[/]' if wrong else '[green]✓[/]'} {text(title)}")
            lines += [f"    {text(sentence)}" for sentence in wrong]
        return "\n".join(lines)

    tell_plain(found, shown)
    if any(found.values()):
        raise typer.Exit(1)


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
