"""What devices report, on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict

from kit import coordinates
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.common.v1 import place_pb2
from protos.workorder.v1 import on_site_pb2 as pb
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.checklist import number
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
    invalid,
    require_clock_act,
    require_evidence,
    require_note,
)
from services.workorder.tables.work_orders import WorkOrderRow

Word = TypeVar("Word", bound=StrEnum)


def occurred_at_from_proto(message: pb.OnSiteCommand) -> datetime:
    """When it happened, by the device's clock (``ON_SITE_COMMAND_INVALID``)."""
    if not message.HasField("occurred_at"):
        raise invalid("say when it happened", "occurred_at")
    return instant_from_proto(message.occurred_at, "occurred_at")


def body_from_proto(message: pb.OnSiteCommand) -> Body:
    """What was done.

    Raises:
        InvalidArgument: ``ON_SITE_COMMAND_INVALID``, ``EVIDENCE_FILE_UNKNOWN``,
            ``CHECKLIST_NUMBER_INVALID`` or ``LOCATION_INVALID``, naming the field.
    """
    match message.WhichOneof("act"):
        case "check_in":
            return Arrival(_fix(message.check_in))
        case "work_clock":
            return _clock_act(message.work_clock)
        case "answer":
            return _answer(message.answer)
        case "evidence":
            return _evidence(message.evidence)
        case "customer_absent":
            return CustomerAbsence(require_note(message.customer_absent.note, "note"))
        case "retraction":
            return _retraction(message.retraction)
        case None:
            raise invalid("the command does not say what was done", "act")


def raw(message: pb.OnSiteCommand) -> dict[str, Any]:
    """A command as it came, for those that count for nothing; of one with an instant that no
    calendar has, its id."""
    try:
        plain = MessageToDict(message, preserving_proto_field_name=True)
    except ValueError:
        plain = {"command_id": message.command_id}
    kept: dict[str, Any] = _storable(plain)
    return kept


def _storable(plain: Any) -> Any:
    """The same without the one letter that no row can hold."""
    match plain:
        case str():
            return plain.replace("\0", "")
        case dict():
            return {name: _storable(value) for name, value in plain.items()}
        case list():
            return [_storable(value) for value in plain]
        case _:
            return plain


def _clock_act(message: pb.WorkClockAct) -> ClockAct:
    return require_clock_act(
        ClockAct(
            _required(pb.WorkClockVerb, ClockVerb, message.verb, "verb"),
            enum_from_proto(pb.PauseReason, PauseReason, message.reason, "reason"),
            enum_from_proto(pb.BlamedParty, Party, message.party, "party"),
            require_note(message.note, "note"),
            message.comes_back,
        )
    )


def _answer(message: pb.ChecklistAnswer) -> Answer:
    value: bool | Decimal | str | FileAnswer
    match message.WhichOneof("value"):
        case "yes":
            value = message.yes
        case "number":
            value = number(message.number, "number")
        case "text":
            value = require_note(message.text, "text")
        case "file_id":
            value = _uploaded(message.file_id)
        case None:
            raise invalid("an answer says something", "value")
    return Answer(message.checklist_code, message.item_key, value)


def _uploaded(file_id: str) -> FileAnswer:
    if not file_id:
        raise InvalidArgument(
            "EVIDENCE_FILE_UNKNOWN", "the file was not uploaded; upload it first", field="file_id"
        )
    return FileAnswer(file_id)


def _evidence(message: pb.Evidence) -> Evidence:
    taken_at = None
    if message.HasField("taken_at"):
        taken_at = instant_from_proto(message.taken_at, "taken_at")
    return require_evidence(
        Evidence(
            _required(pb.EvidenceKind, EvidenceKind, message.kind, "kind"),
            message.file_id,
            message.sha256,
            message.perceptual_hash,
            taken_at,
            _fix(message),
            require_note(message.note, "note"),
            require_note(message.serial_number, "serial_number"),
        )
    )


def _retraction(message: pb.Retraction) -> Retraction:
    if not message.reason.strip():
        raise invalid("say why it was a mistake", "reason")
    return Retraction(message.command_id, require_note(message.reason.strip(), "reason"))


def _fix(message: pb.SiteArrival | pb.Evidence) -> Fix | None:
    if not message.HasField("location"):
        return None
    if message.accuracy_m < 0:
        raise invalid("accuracy_m is metres, 0 where it is not known", "accuracy_m")
    given = message.location
    point = coordinates.Point(
        given.longitude, given.latitude, given.coordinate_system or coordinates.GCJ_02
    )
    drawn = coordinates.to_gcj_02(coordinates.check_point(point, "location"))
    return Fix(Point(drawn.longitude, drawn.latitude), message.accuracy_m)


def _required(wire: Any, words: type[Word], number: int, field: str) -> Word:
    word = enum_from_proto(wire, words, number, field)
    if word is None:
        raise invalid(f"say one of {', '.join(words)}", field)
    return word


def command_to_proto(command_id: str, occurred_at: datetime | None, body: Body) -> pb.OnSiteCommand:
    """A command as it was kept."""
    message = pb.OnSiteCommand(command_id=command_id, occurred_at=instant_to_proto(occurred_at))
    match body:
        case Arrival(fix):
            message.check_in.CopyFrom(pb.SiteArrival(**_where(fix)))
        case ClockAct(verb, reason, party, note, comes_back):
            message.work_clock.CopyFrom(
                pb.WorkClockAct(
                    verb=enum_to_proto(pb.WorkClockVerb, verb),
                    reason=enum_to_proto(pb.PauseReason, reason),
                    party=enum_to_proto(pb.BlamedParty, party),
                    note=note,
                    comes_back=comes_back,
                )
            )
        case Answer():
            message.answer.CopyFrom(answer_to_proto(body))
        case Evidence():
            message.evidence.CopyFrom(_evidence_to_proto(body))
        case CustomerAbsence(note):
            message.customer_absent.CopyFrom(pb.CustomerAbsence(note=note))
        case Retraction(target, reason_given):
            message.retraction.CopyFrom(pb.Retraction(command_id=target, reason=reason_given))
    return message


def answer_to_proto(answer: Answer) -> pb.ChecklistAnswer:
    """An answer as it was given."""
    message = pb.ChecklistAnswer(checklist_code=answer.checklist_code, item_key=answer.item_key)
    match answer.value:
        case bool() as yes:
            message.yes = yes
        case Decimal() as measured:
            message.number = str(measured)
        case FileAnswer(file_id):
            message.file_id = file_id
        case str() as text:
            message.text = text
    return message


def _evidence_to_proto(evidence: Evidence) -> pb.Evidence:
    return pb.Evidence(
        kind=enum_to_proto(pb.EvidenceKind, evidence.kind),
        file_id=evidence.file_id,
        taken_at=instant_to_proto(evidence.taken_at),
        note=evidence.note,
        serial_number=evidence.serial_number,
        sha256=evidence.sha256,
        perceptual_hash=evidence.perceptual_hash,
        **_where(evidence.fix),
    )


def _where(fix: Fix | None) -> dict[str, Any]:
    if fix is None:
        return {}
    location = place_pb2.Location(
        longitude=fix.point.longitude,
        latitude=fix.point.latitude,
        coordinate_system=coordinates.GCJ_02,
    )
    return {"location": location, "accuracy_m": fix.accuracy_m}


def check_in_fix(order: WorkOrderRow) -> Fix | None:
    """Where the technician was when they checked in on the work order itself."""
    longitude, latitude = order.check_in_longitude, order.check_in_latitude
    if longitude is None or latitude is None:
        return None
    system = order.check_in_coordinate_system or coordinates.GCJ_02
    drawn = coordinates.to_gcj_02(coordinates.Point(longitude, latitude, system))
    return Fix(Point(drawn.longitude, drawn.latitude))
