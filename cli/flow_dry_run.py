"""One case lived through on a clock of its own: who is told what and when, where the tokens go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from rich.console import Group, RenderableType

from cli.api import Refused
from cli.flow_check import read
from cli.offline_calendar import calendar_from
from cli.output import table, tell_plain, text
from kit.clock import SHANGHAI
from services.gateway.shown_figures import seconds
from services.gateway.words import word
from workflows.compiler.plan import Plan
from workflows.language.reading import read_source
from workflows.simulation.account import Happening, What, account_of, charges_of, in_plain_words
from workflows.simulation.dry_run import simulate
from workflows.simulation.scenario import Scenario, ScenarioFile, live

#: Where the stories of a flow stand, beside it.
_SCENARIOS = "scenarios.yaml"


def play(plan: Plan, at: datetime, seed: int | None, calendar: str) -> None:
    """Play a case in which all goes well, or chance decides; exits 1 when it comes to no end."""
    lived = simulate(plan, at, seed=seed, calendar=calendar_from(calendar, at))
    plain = {
        "status": str(lived.status),
        "stopped": lived.stopped,
        "account": [in_plain_words(happening) for happening in lived.account],
    }
    ending = f"{word(lived.status)} {lived.stopped}"
    tell_plain(plain, lambda _: Group(*_told(lived.account, {}, ending)))
    if lived.stopped:
        raise typer.Exit(1)


def play_scenarios(plan: Plan, file: Path, name: str, calendar: str) -> None:
    """Play one scenario of the file beside a flow, or all; exits 1 when one does not come out as it
    is told."""
    folder = file if file.is_dir() else file.parent
    told = ScenarioFile.model_validate(read_source(read(folder / _SCENARIOS)).value)
    chosen = [each for each in told.scenarios if name in ("all", each.name)]
    if not chosen:
        known = "; ".join(each.name for each in told.scenarios)
        raise Refused(f"there is no scenario {name!r}; known: {known}", "FLOW_SCENARIO_UNKNOWN")
    found = [_lived(plan, each, told, calendar) for each in chosen]
    if name == "all":
        plain: Any = {each["name"]: each["wrong"] for each in found}
        tell_plain(plain, lambda _: "\n".join(line for each in found for line in _verdict(each)))
    else:
        tell_plain(_as_plain(found[0]), lambda _: Group(*_whole(found[0])))
    if any(each["wrong"] for each in found):
        raise typer.Exit(1)


def _lived(plan: Plan, scenario: Scenario, told: ScenarioFile, calendar: str) -> dict[str, Any]:
    case, wrong = live(plan, scenario, told, calendar_from(calendar, scenario.starts_at))
    return {
        "name": scenario.name,
        "wrong": wrong,
        "status": str(case.state.status),
        "account": account_of(case),
        "waiting_seconds": charges_of(case),
    }


def _as_plain(found: dict[str, Any]) -> dict[str, Any]:
    account: list[Happening] = found["account"]
    told = [happening for happening in account if happening.what is What.TOLD]
    return found | {
        "account": [in_plain_words(happening) for happening in account],
        "messages": [in_plain_words(message) for message in told],
    }


def _verdict(found: dict[str, Any]) -> list[str]:
    mark = "[red]✗[/]" if found["wrong"] else "[green]✓[/]"
    wrong = [f"    [red]{text(sentence)}[/]" for sentence in found["wrong"]]
    return [f"{mark} {text(found['name'])}", *wrong]


def _whole(found: dict[str, Any]) -> list[RenderableType]:
    parts = _told(found["account"], found["waiting_seconds"], word(found["status"]))
    return [*parts, "\n".join(_verdict(found))]


def _told(
    account: Iterable[Happening], waiting: dict[str, int], ending: str
) -> list[RenderableType]:
    account = list(account)
    parts: list[RenderableType] = [_path(account)]
    messages = [happening for happening in account if happening.what is What.TOLD]
    if messages:
        parts.append(_messages(messages))
    if waiting:
        charged = table("waited for 等待归责", "working time 工作时间")
        for whom, count in waiting.items():
            charged.add_row(text(word(whom)), seconds(timedelta(seconds=count).total_seconds()))
        parts.append(charged)
    return [*parts, f"[bold]{text(ending)}[/]"]


def _path(account: list[Happening]) -> RenderableType:
    rows = table("when", "what", "node", "who", "")
    for happening in account:
        rows.add_row(
            _time(happening.at),
            word(happening.what),
            text(happening.title or happening.node),
            text(" ".join(happening.who)),
            _detail(happening),
            style="cyan" if happening.what is What.TOLD else "",
        )
    return rows


def _detail(happening: Happening) -> str:
    parts = [text(word(happening.detail)), text(happening.why)]
    for name, due in (("respond", happening.respond_by), ("complete", happening.complete_by)):
        if due is not None:
            parts.append(f"{word(f'{name}_by')} {_time(due)}")
    if happening.provisional:
        parts.append(f"[yellow]{word('provisional')}[/]")
    return " · ".join(filter(None, parts))


def _messages(messages: list[Happening]) -> RenderableType:
    rows = table("told when", "to", "template", "why", "node", title="通知 messages")
    for message in messages:
        rows.add_row(
            _time(message.at),
            text(" ".join(message.who)),
            text(message.detail),
            text(message.why),
            text(message.title),
        )
    return rows


def _time(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
