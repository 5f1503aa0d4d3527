"""`gongdan flow expr`: try an expression on data, on this machine, before a flow depends on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from cli.api import Refused
from cli.output import facts, tell_plain, text
from kit.money import Money

_Expression = Annotated[str, typer.Argument(metavar="EXPRESSION")]
_Data = Annotated[
    str, typer.Option("--data", metavar="FILE", help="A JSON object of all it may read; - is stdin")
]
_Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=JSON", help="One value more, such as intake.floor=15"),
]


def expr(expression: _Expression, data: _Data = "", values: _Values = None) -> None:
    """Check and compute one expression on JSON data; no server is asked. Exits 1 when it cannot.

    Types are those that the JSON shows: {"currency": "CNY", "amount_minor": 5000001} is money, a
    number with a point is a decimal, digit by digit, and a text is a text until date(…) or
    timestamp(…) reads it.
    """
    from workflows.language.evaluate import compile_code  # noqa: PLC0415 - others need no language
    from workflows.language.expression import check_expression  # noqa: PLC0415
    from workflows.language.failure import EvaluationError  # noqa: PLC0415
    from workflows.language.inference import infer_scope  # noqa: PLC0415
    from workflows.language.values import ValueMismatch  # noqa: PLC0415

    try:
        scope, plain = infer_scope(_given(data, values or ()))
    except ValueMismatch as mismatch:
        raise Refused(mismatch.message, "EXPRESSION_DATA_UNREADABLE", mismatch.path) from mismatch
    checked, findings = check_expression(expression, scope)
    if checked is None:
        wrong = [
            {"code": f.code, "message": f.message, "hint": f.hint, "offset": f.offset}
            for f in findings
        ]
        tell_plain({"findings": wrong}, lambda _: _pointed_at(expression, wrong))
        raise typer.Exit(1)
    try:
        value = compile_code(checked.json_code)(plain)
    except EvaluationError as error:
        raise Refused(error.message, error.reason) from error
    reads = {".".join(path): _found(plain, path) for path in _ends(checked.reads)}
    tell_plain({"value": value, "type": str(checked.type), "reads": reads}, _computed)


def _given(file: str, pairs: Iterable[str]) -> dict[str, Any]:
    """The data of the file with the pairs put into it."""
    given = _file(file) if file else {}
    for pair in pairs:
        name, equals, written = pair.partition("=")
        if not equals:
            raise Refused(f"{pair} is no NAME=JSON", "EXPRESSION_DATA_UNREADABLE")
        *way, last = name.split(".")
        place: Any = given
        for step in way:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Refused(f"{step} has no parts", "EXPRESSION_DATA_UNREADABLE", name)
        place[last] = _json(written, name, "a text is written in quotes: '\"gold\"'")
    return given


def _file(file: str) -> dict[str, Any]:
    try:
        written = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read: {error}", "EXPRESSION_DATA_UNREADABLE") from error
    found = _json(written, file, "write an object of all that the expression may read")
    if not isinstance(found, dict):
        raise Refused(f"{file} holds no object", "EXPRESSION_DATA_UNREADABLE")
    return found


def _json(written: str, name: str, hint: str) -> Any:
    from workflows.language.inference import read_json  # noqa: PLC0415 - others need no language

    try:
        return read_json(written)
    except ValueError as error:
        details = {"hint": hint}
        raise Refused(
            f"{name} is no JSON: {error}", "EXPRESSION_DATA_UNREADABLE", details=details
        ) from error


def _ends(reads: frozenset[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The paths read, without those that are only on the way to another."""
    on_the_way = {path[:length] for path in reads for length in range(len(path))}
    return sorted(reads - on_the_way)


def _found(plain: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        plain = plain.get(name) if isinstance(plain, dict) else None
    return plain


def _computed(told: dict[str, Any]) -> RenderableType:
    reads = [f"{text(path)} = {text(_shown(value))}" for path, value in told["reads"].items()]
    return facts(
        ("value", f"[bold]{text(_shown(told['value']))}[/]"),
        ("type", text(told["type"])),
        ("reads", "\n".join(reads)),
    )


def _shown(value: Any) -> str:
    match value:
        case None:
            return "left empty"
        case {"currency": str(currency), "amount_minor": int(amount)}:
            return str(Money(currency, amount))
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _pointed_at(expression: str, findings: list[dict[str, Any]]) -> RenderableType:
    """Each finding below its line, with a caret under its character."""
    shown = Text(no_wrap=True, overflow="ignore")
    for finding in findings:
        before = expression[: finding["offset"]]
        start = before.rfind("\n") + 1
        line = expression[start:].partition("\n")[0]
        # A Chinese character is as wide as two others.
        column = cell_len(before[start:].replace("\t", " "))
        shown.append(f"{line}\n".replace("\t", " "))
        shown.append(f"{' ' * column}^\n", "bold red")
        shown.append(finding["code"], "red").append(f" {finding['message']}\n")
        if finding["hint"]:
            shown.append(f"    → {finding['hint']}\n")
    shown.rstrip()
    return shown
