"""Expressions and values of a flow, checked and made into the Plan's code."""

from __future__ import annotations

import json
from typing import Any

from workflows.compiler.plan import Code
from workflows.compiler.report import Report, Spot
from workflows.language import typed
from workflows.language.expression import Checked, check_expression
from workflows.language.nearest import did_you_mean
from workflows.language.typed import Scope
from workflows.language.types import (
    BOOL,
    DURATION,
    MONEY,
    UNKNOWN,
    EnumOf,
    ListOf,
    MapOf,
    Record,
    Scalar,
    Type,
)
from workflows.language.units import parse_duration
from workflows.language.values import ValueMismatch, conform, duration_to_json


def condition(source: str, scope: Scope, report: Report, spot: Spot) -> Code | None:
    """A condition's code; its closure gives a truth value."""
    checked, findings = check_expression(source, scope, BOOL)
    report.findings(findings, spot)
    return Code(source=source, code=checked.code) if checked else None


def expression(source: str, wanted: Type, scope: Scope, report: Report, spot: Spot) -> Code | None:
    """The code of an expression that always has a value; its closure gives plain JSON."""
    checked, findings = check_expression(source, scope, wanted)
    report.findings(findings, spot)
    if checked is None or wanted == UNKNOWN:
        return None
    return Code(source=source, code=checked.json_code)


def inferred(source: str, scope: Scope, report: Report, spot: Spot) -> Checked | None:
    """A checked expression that may be of any type."""
    checked, findings = check_expression(source, scope)
    report.findings(findings, spot)
    return checked


def value(
    raw: Any, wanted: Type, scope: Scope, report: Report, spot: Spot, *, optional: bool = False
) -> Code | None:
    """The code of a value that is written out, or computed where it begins with ``=``.

    Maps and lists are gone into, so a request can be written as it will be sent. The closure gives
    plain JSON, with absent optional parts left out.
    """
    code = _Template(scope, report).value(raw, wanted, spot, optional)
    if code is None or wanted == UNKNOWN:
        return None
    source = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
    return Code(source=source, code=code)


class _Template:
    def __init__(self, scope: Scope, report: Report) -> None:
        self._scope = scope
        self._report = report

    def value(self, raw: Any, wanted: Type, spot: Spot, optional: bool) -> typed.Code | None:
        if isinstance(raw, str) and raw.startswith("="):
            checked, findings = check_expression(
                raw[1:].strip(), self._scope, wanted, optional=optional
            )
            self._report.findings(findings, spot)
            return checked.json_code if checked else None
        match wanted, raw:
            case Record(), dict():
                return self._record(raw, wanted, spot)
            case MapOf(item), dict():
                return self._map(raw, item, spot)
            case ListOf(item), list():
                parts = [self.value(p, item, spot / i, False) for i, p in enumerate(raw)]
                return ["list", "", *parts] if None not in parts else None
            case _:
                return self._written(raw, wanted, spot)

    def _record(self, raw: dict[str, Any], wanted: Record, spot: Spot) -> typed.Code | None:
        parts: list[list[Any]] = []
        known = [field.name for field in wanted.fields]
        for name in raw:
            if name not in known:
                self._report.error(
                    "FLOW_INPUT_UNKNOWN",
                    f"{wanted} has no field {name!r}",
                    spot / name,
                    did_you_mean(name, known),
                )
        whole = all(name in known for name in raw)
        for field in wanted.fields:
            if field.name in raw:
                code = self.value(raw[field.name], field.type, spot / field.name, field.optional)
                whole = whole and code is not None
                parts.append([field.name, code])
            elif not field.optional:
                self._report.error(
                    "FLOW_INPUT_MISSING",
                    f"{wanted} needs {field.name!r}",
                    spot,
                    f"give {field.name}: a {field.type}, or = and an expression",
                )
                whole = False
        return ["record", parts] if whole else None

    def _map(self, raw: dict[str, Any], item: Type, spot: Spot) -> typed.Code | None:
        parts = [[name, self.value(part, item, spot / name, False)] for name, part in raw.items()]
        return ["record", parts] if all(part[1] is not None for part in parts) else None

    def _written(self, raw: Any, wanted: Type, spot: Spot) -> typed.Code | None:
        if wanted == UNKNOWN:
            return None
        try:
            if isinstance(wanted, EnumOf) and raw not in wanted.values:
                raise ValueMismatch("", f"{raw!r} is none of its values")
            if wanted == DURATION and isinstance(raw, str) and not raw.endswith("s"):
                raw = duration_to_json(parse_duration(raw))
            return ["const", conform(raw, wanted), ""]
        except (ValueMismatch, ValueError) as error:
            text = str(error)
            message = text if "expected" in text else f"expected {wanted}: {text}"
            self._report.error("FLOW_INPUT_TYPE", message, spot, _hint(raw, wanted))
            return None


def _hint(raw: Any, wanted: Type) -> str:
    match wanted:
        case EnumOf(values):
            return did_you_mean(str(raw), values)
        case Scalar() if wanted == MONEY:
            return '=cny("50000.00") writes a sum'
        case Record():
            return "write its fields below it, or = and an expression"
        case _:
            return "begin with = to compute it" if isinstance(raw, str) else ""
