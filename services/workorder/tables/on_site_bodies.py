"""The bodies of commands as rows keep them: one JSON object a kind."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.commands import (
    Answer,
    Arrival,
    Body,
    ClockAct,
    ClockVerb,
    CustomerAbsence,
    Evidence,
    EvidenceKind,
    FileAnswer,
    Fix,
    Party,
    PauseReason,
    Retraction,
)

KIND_OF_BODY: Final[dict[type, str]] = {
    Arrival: "check_in",
    ClockAct: "work_clock",
    Answer: "answer",
    Evidence: "evidence",
    CustomerAbsence: "customer_absent",
    Retraction: "retraction",
}


def stored(body: Body) -> dict[str, Any]:
    """A body as its row keeps it; what says nothing is left out."""
    kept: dict[str, Any]
    match body:
        case Arrival():
            kept = {"fix": _stored_fix(body.fix)}
        case ClockAct():
            kept = {name: getattr(body, name) for name in ClockAct.__slots__}
        case Answer():
            names = {"checklist_code": body.checklist_code, "item_key": body.item_key}
            kept = names | _stored_value(body.value)
        case Evidence():
            kept = {name: getattr(body, name) for name in Evidence.__slots__}
            kept["taken_at"] = body.taken_at.isoformat() if body.taken_at else None
            kept["fix"] = _stored_fix(body.fix)
        case CustomerAbsence():
            kept = {"note": body.note}
        case Retraction():
            kept = {"command_id": body.command_id, "reason": body.reason}
    return {name: value for name, value in kept.items() if value not in (None, "")}


def restored(kind: str, kept: dict[str, Any]) -> Body:
    """The body of a row."""
    match kind:
        case "check_in":
            return Arrival(_fix(kept))
        case "work_clock":
            return ClockAct(
                ClockVerb(kept["verb"]),
                PauseReason(kept["reason"]) if "reason" in kept else None,
                Party(kept["party"]) if "party" in kept else None,
                kept.get("note", ""),
                kept["comes_back"],
            )
        case "answer":
            return Answer(kept["checklist_code"], kept["item_key"], _value(kept))
        case "evidence":
            taken_at = kept.get("taken_at")
            return Evidence(
                EvidenceKind(kept["kind"]),
                kept["file_id"],
                kept["sha256"],
                kept.get("perceptual_hash", ""),
                datetime.fromisoformat(taken_at) if taken_at else None,
                _fix(kept),
                kept.get("note", ""),
                kept.get("serial_number", ""),
            )
        case "customer_absent":
            return CustomerAbsence(kept.get("note", ""))
        case _:
            return Retraction(kept["command_id"], kept["reason"])


def _stored_fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {
        "longitude": fix.point.longitude,
        "latitude": fix.point.latitude,
        "accuracy_m": fix.accuracy_m,
    }


def _fix(kept: dict[str, Any]) -> Fix | None:
    if "fix" not in kept:
        return None
    fix = kept["fix"]
    return Fix(Point(float(fix["longitude"]), float(fix["latitude"])), fix["accuracy_m"])


def _stored_value(value: bool | Decimal | str | FileAnswer) -> dict[str, Any]:
    match value:
        case bool():
            return {"yes": value}
        case Decimal():
            return {"number": str(value)}
        case FileAnswer(file_id):
            return {"file_id": file_id}
        case str():
            return {"text": value}


def _value(kept: dict[str, Any]) -> bool | Decimal | str | FileAnswer:
    if "yes" in kept:
        return bool(kept["yes"])
    if "number" in kept:
        return Decimal(kept["number"])
    if "file_id" in kept:
        return FileAnswer(kept["file_id"])
    return str(kept.get("text", ""))
