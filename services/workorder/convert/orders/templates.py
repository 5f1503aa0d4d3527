"""Templates, and what a creation takes from one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from google.protobuf.json_format import MessageToDict, ParseDict

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import orders_pb2, workorder_pb2
from services.workorder.convert.orders.work_orders import line_rows
from services.workorder.domain.orders import intake, template
from services.workorder.domain.registry import skill
from services.workorder.tables.desk import WorkOrderTemplateRow

#: What has a column of its own; all else of a template are its presets.
_HEAD: Final = (
    "template_code", "template_version", "label", "label_en", "stage", "retired", "put_at",
    "put_by_person_id",
)  # fmt: skip
#: What a creation takes from its template where it says nothing itself.
_TAKEN: Final = ("stage", "title", "notes", "priority", "team_id")
_TAKEN_LISTS: Final = ("lines", "required_skills")


def row_from_proto(
    given: orders_pb2.WorkOrderTemplate, version: int, now: datetime, person_id: str
) -> WorkOrderTemplateRow:
    """The row of a new version.

    Raises:
        InvalidArgument: ``WORK_ORDER_TEMPLATE_INVALID`` or what a work order itself is refused for,
            naming the field.
    """
    template.require_presets(given.required_fields, len(given.questions), given.due_within_minutes)
    if given.lines:
        line_rows(given.lines)
    skill.parse_required(given.required_skills)
    if given.priority:
        intake.require_priority(given.priority)
    presets = orders_pb2.WorkOrderTemplate()
    presets.CopyFrom(given)
    for name in _HEAD:
        presets.ClearField(name)
    return WorkOrderTemplateRow(
        template_code=template.require_code(given.template_code),
        template_version=version,
        label=intake.require_text(given.label, "template.label", at_most=100),
        label_en=intake.require_short(given.label_en, "template.label_en"),
        stage=intake.require_stage(given.stage),
        retired=False,
        presets=MessageToDict(presets, preserving_proto_field_name=True),
        put_at=now,
        put_by_person_id=person_id,
    )


def retired(row: WorkOrderTemplateRow, now: datetime, person_id: str) -> WorkOrderTemplateRow:
    """The version that says that nothing more is made from a template."""
    return WorkOrderTemplateRow(
        template_code=row.template_code,
        template_version=row.template_version + 1,
        label=row.label,
        label_en=row.label_en,
        stage=row.stage,
        retired=True,
        presets=row.presets,
        put_at=now,
        put_by_person_id=person_id,
    )


def to_proto(row: WorkOrderTemplateRow) -> orders_pb2.WorkOrderTemplate:
    """A version of a template."""
    message = ParseDict(row.presets, orders_pb2.WorkOrderTemplate())
    message.MergeFrom(
        orders_pb2.WorkOrderTemplate(
            template_code=row.template_code,
            template_version=row.template_version,
            label=row.label,
            label_en=row.label_en,
            stage=row.stage,
            retired=row.retired,
            put_at=instant_to_proto(row.put_at),
            put_by_person_id=row.put_by_person_id,
        )
    )
    return message


def filled(
    request: workorder_pb2.CreateWorkOrderRequest, row: WorkOrderTemplateRow, now: datetime
) -> workorder_pb2.CreateWorkOrderRequest:
    """A creation with what it takes from its template.

    Raises:
        InvalidArgument: ``WORK_ORDER_FIELDS_MISSING``, naming all that was not said.
    """
    presets = to_proto(row)
    whole = workorder_pb2.CreateWorkOrderRequest()
    whole.CopyFrom(request)
    for name in _TAKEN:
        if not getattr(whole, name):
            setattr(whole, name, getattr(presets, name))
    for name in _TAKEN_LISTS:
        if not getattr(whole, name):
            getattr(whole, name).extend(getattr(presets, name))
    if presets.priority and not request.priority:
        whole.priority_reason = whole.priority_reason or row.label
    if presets.due_within_minutes and not whole.HasField("due_at"):
        whole.due_at.FromDatetime(now + timedelta(minutes=presets.due_within_minutes))
    template.require_said(
        row.template_code, presets.required_fields, _said(whole, template.REQUIRABLE)
    )
    return whole


def _said(request: workorder_pb2.CreateWorkOrderRequest, names: tuple[str, ...]) -> dict[str, bool]:
    given = {field.name for field, _ in request.ListFields()}
    return {name: name in given for name in names}
