"""Intake rules, and what they look at of a work order."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.json_format import MessageToDict, ParseDict

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import orders_pb2 as pb
from services.workorder.convert.orders.work_orders import source_from_proto
from services.workorder.domain.orders import intake, intake_rules
from services.workorder.domain.orders.intake_rules import Condition, Facts, Rule
from services.workorder.tables.desk import IntakeRulesRow
from services.workorder.tables.work_orders import WorkOrderRow


def row_from_proto(
    given: pb.IntakeRules, version: int, now: datetime, person_id: str
) -> IntakeRulesRow:
    """The row of a new version (``INTAKE_RULE_INVALID``, naming the rule)."""
    intake_rules.require_rules([_rule(rule) for rule in given.rules])
    return IntakeRulesRow(
        rules_version=version,
        rules=[MessageToDict(rule, preserving_proto_field_name=True) for rule in given.rules],
        reason=intake.require_reason(given.reason),
        put_at=now,
        put_by_person_id=person_id,
    )


def to_proto(row: IntakeRulesRow) -> pb.IntakeRules:
    """A version of the rules."""
    return pb.IntakeRules(
        rules_version=row.rules_version,
        rules=[ParseDict(rule, pb.IntakeRule()) for rule in row.rules],
        reason=row.reason,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def rules_of(row: IntakeRulesRow | None) -> list[Rule]:
    """The rules to try, in their order; none while none were put."""
    return [_rule(rule) for rule in to_proto(row).rules] if row else []


def facts_of(row: WorkOrderRow, now: datetime) -> Facts:
    """What rules look at of a work order."""
    return Facts(
        stage=row.stage,
        item_codes=frozenset(line.item_code for line in row.lines),
        customer_level=row.customer_level,
        source=row.source,
        in_warranty=row.in_warranty,
        age=now - row.created_at,
        text=f"{row.title}\n{row.notes}",
    )


def _rule(message: pb.IntakeRule) -> Rule:
    condition = message.condition
    return Rule(
        code=message.rule_code,
        reason=message.reason,
        condition=Condition(
            stages=frozenset(condition.stages),
            item_codes=frozenset(condition.item_codes),
            customer_levels=frozenset(condition.customer_levels),
            sources=frozenset(source_from_proto(each) for each in condition.sources),
            keywords=tuple(condition.keywords),
            in_warranty=condition.in_warranty,
            least_age_minutes=condition.least_age_minutes,
        ),
        priority=message.priority,
        team_id=message.team_id,
    )
