"""Rules and checklists on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import on_site_pb2 as pb
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.on_site.checklist import (
    Checklist,
    Item,
    ItemKind,
    number,
    require_checklist,
)
from services.workorder.domain.on_site.rule import OutsideGeofence, Rule, require_rule
from services.workorder.domain.orders.intake import require_stage


def rule_from_proto(message: pb.OnSiteRule, now: datetime, person_id: str) -> Rule:
    """A rule as it is put.

    Raises:
        InvalidArgument: ``ON_SITE_RULE_INVALID`` or ``WORK_ORDER_STAGE_UNKNOWN``.
    """
    outside = enum_from_proto(
        pb.OutsideGeofence, OutsideGeofence, message.outside_geofence, "outside_geofence"
    )
    return require_rule(
        Rule(
            rule_id=new_id("osr", now),
            stage=require_stage(message.stage) if message.stage else "",
            geofence_radius_m=message.geofence_radius_m or 500,
            outside_geofence=outside or OutsideGeofence.FLAG,
            worst_accuracy_m=message.worst_accuracy_m or 1_000,
            clock_tolerance_seconds=message.clock_tolerance_seconds or 120,
            near_duplicate_days=message.near_duplicate_days,
            near_duplicate_bits=message.near_duplicate_bits,
            wasted_trip_minutes=message.wasted_trip_minutes,
            free_waiting_minutes=message.free_waiting_minutes,
            extra_answer_minutes=message.extra_answer_minutes or 1_440,
            checklist_blocks_completion=message.checklist_blocks_completion,
            put_at=now,
            put_by_person_id=person_id,
        )
    )


def rule_to_proto(rule: Rule) -> pb.OnSiteRule:
    """A rule as it holds."""
    return pb.OnSiteRule(
        rule_id=rule.rule_id,
        stage=rule.stage,
        geofence_radius_m=rule.geofence_radius_m,
        outside_geofence=enum_to_proto(pb.OutsideGeofence, OutsideGeofence(rule.outside_geofence)),
        worst_accuracy_m=rule.worst_accuracy_m,
        clock_tolerance_seconds=rule.clock_tolerance_seconds,
        near_duplicate_days=rule.near_duplicate_days,
        near_duplicate_bits=rule.near_duplicate_bits,
        wasted_trip_minutes=rule.wasted_trip_minutes,
        free_waiting_minutes=rule.free_waiting_minutes,
        extra_answer_minutes=rule.extra_answer_minutes,
        checklist_blocks_completion=rule.checklist_blocks_completion,
        put_at=instant_to_proto(rule.put_at),
        put_by_person_id=rule.put_by_person_id,
    )


def checklist_from_proto(message: pb.Checklist, now: datetime) -> Checklist:
    """A checklist as it is put; its version is found when it is kept.

    Raises:
        InvalidArgument: ``CHECKLIST_INVALID``, ``CHECKLIST_NUMBER_INVALID`` or
            ``WORK_ORDER_STAGE_UNKNOWN``, naming the field.
    """
    return require_checklist(
        Checklist(
            checklist_code=message.checklist_code,
            version=0,
            name=message.name.strip(),
            stage=require_stage(message.stage) if message.stage else "",
            item_code=message.item_code,
            items=tuple(_item(item, position) for position, item in enumerate(message.items)),
            active=message.active,
            put_at=now,
        )
    )


def _item(message: pb.ChecklistItem, position: int) -> Item:
    field = f"checklist.items[{position}]"
    return Item(
        message.item_key,
        message.text.strip(),
        _kind(message.kind, f"{field}.kind"),
        message.required,
        _limit(message.least, f"{field}.least"),
        _limit(message.most, f"{field}.most"),
        message.unit,
    )


def _kind(number_of_kind: int, field: str) -> ItemKind:
    kind = enum_from_proto(pb.ChecklistItemKind, ItemKind, number_of_kind, field)
    if kind is None:
        raise InvalidArgument(
            "CHECKLIST_INVALID", f"an item is one of {', '.join(ItemKind)}", field=field
        )
    return kind


def _limit(text: str, field: str) -> Decimal | None:
    return number(text, field) if text else None


def checklist_to_proto(checklist: Checklist) -> pb.Checklist:
    """One version of a checklist."""
    return pb.Checklist(
        checklist_code=checklist.checklist_code,
        version=checklist.version,
        name=checklist.name,
        stage=checklist.stage,
        item_code=checklist.item_code,
        items=[item_to_proto(item) for item in checklist.items],
        active=checklist.active,
        put_at=instant_to_proto(checklist.put_at),
    )


def item_to_proto(item: Item) -> pb.ChecklistItem:
    """One thing to look at."""
    return pb.ChecklistItem(
        item_key=item.item_key,
        text=item.text,
        kind=enum_to_proto(pb.ChecklistItemKind, item.kind),
        required=item.required,
        least="" if item.least is None else str(item.least),
        most="" if item.most is None else str(item.most),
        unit=item.unit,
    )
