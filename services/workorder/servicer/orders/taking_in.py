"""What happens to every new work order, however it is made."""

from __future__ import annotations

from datetime import datetime

from kit.db.session import current_session
from kit.errors import AlreadyExists
from protos.workorder.v1 import workorder_pb2 as pb
from services.workorder.convert.orders import intake_rules as rule_protos
from services.workorder.convert.orders import templates as template_protos
from services.workorder.domain.orders import intake, intake_rules, template
from services.workorder.store.orders import intake_rules as rule_store
from services.workorder.store.orders import templates, work_orders
from services.workorder.store.registry import teams
from services.workorder.tables.desk import WorkOrderTemplateRow
from services.workorder.tables.work_orders import WorkOrderRow


async def from_template(
    request: pb.CreateWorkOrderRequest, now: datetime
) -> tuple[pb.CreateWorkOrderRequest, WorkOrderTemplateRow | None]:
    """A creation with what its template gives, and the template.

    Raises:
        ServiceError: ``WORK_ORDER_TEMPLATE_UNKNOWN``, ``WORK_ORDER_TEMPLATE_RETIRED`` or
            ``WORK_ORDER_FIELDS_MISSING``.
    """
    if not request.template_code:
        return request, None
    session = current_session()
    row = await templates.read(session, request.template_code, request.template_version)
    template.require_open(row.template_code, row.retired)
    return template_protos.filled(request, row, now), row


async def take_in(row: WorkOrderRow, now: datetime) -> None:
    """Make sure that it is the only one of its source, and give it its priority and its team.

    Raises:
        ServiceError: ``WORK_ORDER_SOURCE_TAKEN`` or ``TEAM_UNKNOWN``.
    """
    session = current_session()
    if row.source_ref:
        taken_by = await work_orders.lock_source(session, row.source, row.source_ref)
        if taken_by is not None:
            raise AlreadyExists(
                "WORK_ORDER_SOURCE_TAKEN",
                f"work order {taken_by} was made of {row.source} {row.source_ref} already",
                field="source_ref",
                details={"work_order_id": taken_by},
            )
    if row.team_id:
        await teams.read(session, row.team_id)
    await prioritise(row, now)
    await assign(row, now)


async def prioritise(row: WorkOrderRow, now: datetime) -> None:
    """Give a work order the priority that the rules say; what a person set stays."""
    if row.priority_by_person_id:
        return
    rules = rule_protos.rules_of(await rule_store.find(current_session()))
    rule = intake_rules.priority_by(rules, rule_protos.facts_of(row, now))
    row.priority = rule.priority if rule else intake.require_priority(0)
    row.priority_rule = rule.code if rule else ""
    row.priority_reason = rule.reason if rule else ""


async def assign(row: WorkOrderRow, now: datetime) -> None:
    """Give a work order that no team has to the one that the rules say."""
    if row.team_id:
        return
    rules = rule_protos.rules_of(await rule_store.find(current_session()))
    rule = intake_rules.team_by(rules, rule_protos.facts_of(row, now))
    row.team_id = rule.team_id if rule else ""
