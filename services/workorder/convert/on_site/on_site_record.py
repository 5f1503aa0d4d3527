"""The record of what happened on site, on the wire and as each may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from google.protobuf.json_format import ParseDict

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import on_site_pb2 as pb
from services.workorder.convert.enums import enum_to_proto
from services.workorder.convert.on_site.on_site import answer_to_proto, command_to_proto
from services.workorder.convert.on_site.on_site_rules import item_to_proto
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site import checklist, geofence
from services.workorder.domain.on_site.checklist import Answers, Checklist
from services.workorder.domain.on_site.commands import Arrival, Body, Evidence, Party
from services.workorder.domain.on_site.fees import FeeKind
from services.workorder.domain.on_site.flags import FlagKind
from services.workorder.domain.on_site.record import ClockState, Outcome, Record, Span, Standing
from services.workorder.domain.on_site.rule import Rule
from services.workorder.tables.on_site import (
    FeeEventRow,
    OnSiteCommandRow,
    OnSiteFlagReviewRow,
    OnSiteFlagRow,
    OnSiteSealRow,
)
from services.workorder.tables.on_site_bodies import restored


def entry_to_proto(
    row: OnSiteCommandRow,
    standing: pb.CommandStanding,
    at: datetime | None,
    there: Point | None,
    rule: Rule,
) -> pb.OnSiteEntry:
    """One command with when it happened by our clock, and what became of it."""
    if row.refused_reason:
        body: Body | None = None
        command = ParseDict(row.body, pb.OnSiteCommand(), ignore_unknown_fields=True)
    else:
        body = restored(row.kind, row.body)
        command = command_to_proto(row.command_id, row.occurred_at, body)
    return pb.OnSiteEntry(
        command=command,
        standing=standing,
        occurred_at=instant_to_proto(at),
        received_at=instant_to_proto(row.received_at),
        reported_by_person_id=row.reported_by_person_id,
        geofence=_geofence(body, there, rule),
        after_seal=row.after_seal,
    )


def _geofence(body: Body | None, there: Point | None, rule: Rule) -> pb.GeofenceMeasure | None:
    if not isinstance(body, Arrival | Evidence):
        return None
    measured = geofence.measure(there, body.fix, rule)
    return pb.GeofenceMeasure(
        finding=enum_to_proto(pb.GeofenceFinding, measured.finding),
        distance_m=measured.distance_m,
        radius_m=measured.radius_m,
    )


def standing_to_proto(
    command_id: str, standing: Standing, flags: Collection[str] = (), *, known_before: bool = False
) -> pb.CommandStanding:
    """What became of one command; flags by their kinds."""
    return pb.CommandStanding(
        command_id=command_id,
        outcome=enum_to_proto(pb.CommandOutcome, standing.outcome),
        reason=standing.reason,
        message=standing.message,
        known_before=known_before,
        flags=[enum_to_proto(pb.OnSiteFlagKind, kind) for kind in FlagKind if kind in flags],
    )


def standing_of(row: OnSiteCommandRow, record: Record) -> Standing:
    """What became of a command that was kept."""
    if row.refused_reason:
        return Standing(Outcome.REFUSED, row.refused_reason, row.refused_message)
    return record.standings[row.command_id]


def work_time_to_proto(record: Record) -> pb.WorkTime:
    """How long was worked, and who was waited for."""
    return pb.WorkTime(
        state=enum_to_proto(pb.WorkClockState, ClockState(record.clock)),
        worked_minutes=record.worked_minutes(),
        waiting=[
            pb.PartyWaiting(party=enum_to_proto(pb.BlamedParty, party), waited_minutes=minutes)
            for party, minutes in record.waited_minutes().items()
        ],
        spans=[_span(span) for span in record.spans],
        arrived_at=instant_to_proto(record.arrived_at),
        left_at=instant_to_proto(record.left_at),
    )


def _span(span: Span) -> pb.WorkSpan:
    return pb.WorkSpan(
        starts_at=instant_to_proto(span.starts_at),
        ends_at=instant_to_proto(span.ends_at),
        pause_reason=enum_to_proto(pb.PauseReason, span.reason),
        party=enum_to_proto(pb.BlamedParty, span.party),
    )


def checklists_to_proto(
    checklists: Sequence[Checklist], answers: Answers
) -> list[pb.FilledChecklist]:
    """The work order's checklists with the last answer to each item."""
    return [
        pb.FilledChecklist(
            checklist_code=each.checklist_code,
            version=each.version,
            name=each.name,
            items=[_filled(each, item, answers) for item in each.items],
        )
        for each in checklists
    ]


def _filled(of: Checklist, item: checklist.Item, answers: Answers) -> pb.FilledItem:
    given = answers.get((of.checklist_code, item.item_key))
    return pb.FilledItem(
        item=item_to_proto(item),
        answer=answer_to_proto(given.answer) if given else None,
        answered_at=instant_to_proto(given.at if given else None),
        at_fault=checklist.at_fault(item, given),
    )


def flag_to_proto(row: OnSiteFlagRow, review: OnSiteFlagReviewRow | None = None) -> pb.OnSiteFlag:
    """Why a command should be looked at, and what the office says of it."""
    return pb.OnSiteFlag(
        flag_id=row.flag_id,
        work_order_id=row.work_order_id,
        command_id=row.command_id,
        kind=enum_to_proto(pb.OnSiteFlagKind, FlagKind(row.flag_kind)),
        technician_id=row.technician_id,
        measured=row.measured,
        other_work_order_id=row.other_work_order_id,
        other_command_id=row.other_command_id,
        raised_at=instant_to_proto(row.raised_at),
        verdict=review.verdict if review else "",
        review_reason=review.reason if review else "",
        reviewed_at=instant_to_proto(review.reviewed_at if review else None),
        reviewed_by_person_id=review.reviewed_by_person_id if review else "",
    )


def fee_event_to_proto(row: FeeEventRow) -> pb.FeeEvent:
    """One decision of what a fee is for."""
    return pb.FeeEvent(
        fee_event_id=row.fee_event_id,
        work_order_id=row.work_order_id,
        fee_key=row.fee_key,
        version=row.version,
        kind=enum_to_proto(pb.FeeEventKind, FeeKind(row.kind)),
        charged_party=enum_to_proto(pb.BlamedParty, Party(row.charged_party)),
        minutes=row.minutes,
        technician_id=row.technician_id,
        occurred_at=instant_to_proto(row.occurred_at),
        void=row.void,
        rule_id=row.rule_id,
        decided_at=instant_to_proto(row.decided_at),
    )


def seal_to_proto(row: OnSiteSealRow | None, digest: bytes) -> pb.OnSiteSeal | None:
    """The seal, and whether what is there now still gives its digest."""
    if row is None:
        return None
    return pb.OnSiteSeal(
        digest=row.digest.hex(),
        command_count=row.command_count,
        extra_count=row.extra_count,
        sealed_at=instant_to_proto(row.sealed_at),
        intact=row.digest == digest,
    )


def flags_by_command(rows: Collection[OnSiteFlagRow]) -> Mapping[str, set[str]]:
    """The kinds of the flags that each command bears."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        kinds.setdefault(row.command_id, set()).add(row.flag_kind)
    return kinds


def as_technicians_see(record: pb.OnSiteRecord) -> pb.OnSiteRecord:
    """The record without what is said of others' work orders."""
    for flag in record.flags:
        flag.other_work_order_id = flag.other_command_id = ""
    return record


def as_customers_see(record: pb.OnSiteRecord) -> pb.OnSiteRecord:
    """The record as it is the customer's: what was done and shown; not where the technician was, what
    the office looks at, or who is charged for waiting."""
    for name in ("flags", "fee_events", "on_site_rule"):
        record.ClearField(name)
    record.work_time.ClearField("waiting")
    for span in record.work_time.spans:
        span.ClearField("party")
    for position in reversed(range(len(record.entries))):
        if record.entries[position].standing.outcome != pb.COMMAND_OUTCOME_APPLIED:
            del record.entries[position]
    for entry in record.entries:
        _show_to_customer(entry)
    return record


def _show_to_customer(entry: pb.OnSiteEntry) -> None:
    entry.ClearField("geofence")
    entry.ClearField("reported_by_person_id")
    entry.standing.ClearField("flags")
    match entry.command.WhichOneof("act"):
        case "check_in":
            entry.command.check_in.ClearField("location")
            entry.command.check_in.ClearField("accuracy_m")
        case "evidence":
            entry.command.evidence.ClearField("location")
            entry.command.evidence.ClearField("accuracy_m")
            entry.command.evidence.ClearField("perceptual_hash")
        case "work_clock":
            entry.command.work_clock.ClearField("party")
            entry.command.work_clock.ClearField("note")
        case _:
            pass
