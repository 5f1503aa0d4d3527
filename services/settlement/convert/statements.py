"""Statements, disputes and cycles on the wire, and statements as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto
from kit.spreadsheet.table import Value
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.common.v1 import money_pb2
from protos.settlement.v1 import statement_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.statements.cycle import CycleKind
from services.settlement.domain.statements.state import DisputeEvidence, StatementState
from services.settlement.tables.earnings import EarningRow
from services.settlement.tables.statements import DisputeRow, SettlementCycleRow, StatementRow

_CYCLES: Final = {
    pb.CYCLE_KIND_WEEKLY: CycleKind.WEEKLY,
    pb.CYCLE_KIND_HALF_MONTH: CycleKind.HALF_MONTH,
    pb.CYCLE_KIND_MONTHLY: CycleKind.MONTHLY,
    pb.CYCLE_KIND_T_PLUS: CycleKind.T_PLUS,
}
_CYCLE_NUMBERS: Final = {kind: number for number, kind in _CYCLES.items()}
_STATES: Final = {
    pb.STATEMENT_STATE_FROZEN: StatementState.FROZEN,
    pb.STATEMENT_STATE_CONFIRMED: StatementState.CONFIRMED,
    pb.STATEMENT_STATE_DISPUTED: StatementState.DISPUTED,
    pb.STATEMENT_STATE_SETTLED: StatementState.SETTLED,
}
_STATE_NUMBERS: Final = {state: number for number, state in _STATES.items()}
_DECISIONS: Final = {
    "upheld": pb.DISPUTE_DECISION_UPHELD,
    "dismissed": pb.DISPUTE_DECISION_DISMISSED,
}
_ITEM_HEADINGS: Final = (
    "流水号", "类型", "计入时间", "单据类型", "单据号", "工单", "明细", "规则", "金额", "币种"
)  # fmt: skip
_LINE_HEADINGS: Final = ("项目", "笔数", "增加", "减少", "币种")


def cycle_kind(number: pb.CycleKind.ValueType) -> CycleKind:
    """A kind of cycle (``SETTLEMENT_CYCLE_INVALID``)."""
    kind = _CYCLES.get(number)
    if kind is None:
        raise InvalidArgument(
            "SETTLEMENT_CYCLE_INVALID",
            "say weekly, half-month, monthly or T+n",
            field="cycle_kind",
        )
    return kind


def cycle_to_proto(row: SettlementCycleRow) -> pb.SettlementCycle:
    """A version of a cycle."""
    return pb.SettlementCycle(
        region_adcode=row.region_adcode,
        outlet_id=row.outlet_id,
        version=row.version,
        cycle_kind=_CYCLE_NUMBERS[CycleKind(row.cycle_kind)],
        delay_days=row.delay_days,
        from_day=row.from_day.isoformat(),
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def state_name(number: pb.StatementState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_STATEMENT_STATE_UNKNOWN``)."""
    if number == pb.STATEMENT_STATE_UNSPECIFIED:
        return ""
    state = _STATES.get(number)
    if state is None:
        raise InvalidArgument(
            "SETTLEMENT_STATEMENT_STATE_UNKNOWN",
            "statements are frozen, confirmed, disputed or settled",
            field="state",
        )
    return state.value


def statement_to_proto(row: StatementRow) -> pb.Statement:
    """A statement as it was frozen, and what became of it."""
    made = pb.Statement(
        statement_id=row.statement_id,
        state=_STATE_NUMBERS[StatementState(row.state)],
        party_kind=row.party_kind,
        party_id=row.party_id,
        outlet_id=row.outlet_id,
        region_adcode=row.region_adcode,
        period_start=instant_to_proto(row.period_start),
        period_end=instant_to_proto(row.period_end),
        item_count=row.item_count,
        lines=[line_to_proto(line, row.currency) for line in row.lines],
        steps=[
            pb.StatementStep(
                new_state=_STATE_NUMBERS[StatementState(step.new_state)],
                stepped_at=instant_to_proto(step.stepped_at),
                acting_person_id=step.acting_person_id,
                comment=step.comment,
            )
            for step in row.steps
        ],
        disputes=[dispute_to_proto(each) for each in row.disputes],
        previous_statement_id=row.previous_statement_id or "",
        digest=row.digest.hex(),
        closed_at=instant_to_proto(row.closed_at),
    )
    _put_sums(made, row.currency, row.opening_minor, row.credit_minor, row.debit_minor)
    return made


def draft_to_proto(
    account: Any, start: datetime, now: datetime, opening_minor: int, lines: Sequence[Any]
) -> pb.Statement:
    """What a statement would be if its period ended now."""
    made = pb.Statement(
        state=pb.STATEMENT_STATE_DRAFT,
        party_kind=account.party_kind,
        party_id=account.party_id,
        outlet_id=account.outlet_id,
        region_adcode=account.region_adcode,
        period_start=instant_to_proto(start),
        period_end=instant_to_proto(now),
        item_count=sum(line.item_count for line in lines),
        lines=[line_to_proto(line, account.currency) for line in lines],
    )
    credit = sum(line.credit_minor for line in lines)
    debit = sum(line.debit_minor for line in lines)
    _put_sums(made, account.currency, opening_minor, credit, debit)
    return made


def _put_sums(made: pb.Statement, currency: str, opening: int, credit: int, debit: int) -> None:
    made.opening.CopyFrom(amount(opening, currency))
    made.credit.CopyFrom(amount(credit, currency))
    made.debit.CopyFrom(amount(debit, currency))
    made.closing.CopyFrom(amount(opening + credit - debit, currency))


def line_to_proto(line: Any, currency: str) -> pb.StatementLine:
    """What one kind of transfers comes to."""
    return pb.StatementLine(
        line_kind=line.line_kind,
        item_count=line.item_count,
        credit=amount(line.credit_minor, currency),
        debit=amount(line.debit_minor, currency),
    )


def item_to_proto(
    item: Any, row: StatementRow, earnings: Mapping[str, EarningRow]
) -> pb.StatementItem:
    """An item; of a technician's earning also its lines, which come to the technician's share."""
    earning = earnings.get(item.document_id)
    own = earning is not None and (row.party_kind, row.party_id) == (
        "technician",
        earning.technician_id,
    )
    lines = earning.lines if earning and own and item.transfer_kind == "earning" else ()
    return pb.StatementItem(
        transfer_number=item.transfer_number,
        line_kind=item.transfer_kind,
        amount=amount(item.signed_minor, row.currency),
        effective_at=instant_to_proto(item.effective_at),
        recorded_at=instant_to_proto(item.recorded_at),
        document_kind=item.document_kind,
        document_id=item.document_id,
        rule_id=item.rule_id,
        memo=item.memo,
        work_order_id=earning.work_order_id if earning else "",
        lines=[
            pb.StatementItemLine(
                label=line.label,
                amount=amount(line.amount_minor, row.currency),
                rule_id=line.rule_id,
                explanation=line.explanation,
            )
            for line in lines
        ],
    )


def evidence_from_proto(messages: Iterable[pb.DisputeEvidence]) -> list[DisputeEvidence]:
    """What a dispute rests on."""
    return [
        DisputeEvidence(each.evidence_kind.strip(), each.reference.strip(), each.sha256.strip())
        for each in messages
    ]


def dispute_to_proto(row: DisputeRow) -> pb.Dispute:
    """A dispute, and how it was decided."""
    made = pb.Dispute(
        dispute_id=row.dispute_id,
        statement_id=row.statement_id,
        transfer_number=row.transfer_number,
        reason=row.reason,
        evidence=[pb.DisputeEvidence(**each) for each in row.evidence],
        evidence_sha256=row.evidence_sha256.hex(),
        due_at=instant_to_proto(row.due_at),
        raised_at=instant_to_proto(row.raised_at),
        raised_by_person_id=row.raised_by_person_id,
    )
    if row.outcome is not None:
        made.decision = _DECISIONS[row.outcome.decision]
        made.explanation = row.outcome.explanation
        made.adjustment_id = row.outcome.adjustment_id or ""
        made.decided_at.FromDatetime(row.outcome.decided_at)
        made.decided_by_person_id = row.outcome.decided_by_person_id
    return made


def file_of(
    statement: pb.Statement, items: Sequence[pb.StatementItem], format_name: str
) -> pb.StatementFile:
    """A statement as a file: as a workbook its lines and its items, as CSV its items.

    Raises:
        InvalidArgument: ``SETTLEMENT_FILE_FORMAT_UNKNOWN``.
    """
    rows = [_item_row(each) for each in items]
    match format_name:
        case "xlsx":
            lines = _line_rows(statement)
            sheets = [("结算单", _LINE_HEADINGS, lines), ("明细", _ITEM_HEADINGS, rows)]
            content = write_xlsx(sheets)
        case "csv":
            content = write_csv(_ITEM_HEADINGS, rows)
        case _:
            raise InvalidArgument("SETTLEMENT_FILE_FORMAT_UNKNOWN", "xlsx or csv", field="format")
    return pb.StatementFile(content=content)


def _line_rows(statement: pb.Statement) -> list[Sequence[Value]]:
    currency = statement.closing.currency
    return [
        ("期初", None, _major(statement.opening), None, currency),
        *(
            (
                line.line_kind,
                Decimal(line.item_count),
                _major(line.credit),
                _major(line.debit),
                currency,
            )
            for line in statement.lines
        ),
        (
            "合计",
            Decimal(statement.item_count),
            _major(statement.credit),
            _major(statement.debit),
            currency,
        ),
        ("期末", None, _major(statement.closing), None, currency),
    ]


def _item_row(item: pb.StatementItem) -> Sequence[Value]:
    at = item.effective_at.ToDatetime(SHANGHAI)
    return (
        str(item.transfer_number),
        item.line_kind,
        f"{at:%Y-%m-%d %H:%M:%S}",
        item.document_kind,
        item.document_id,
        item.work_order_id,
        "；".join(f"{line.label} {_major(line.amount)}" for line in item.lines),
        item.rule_id,
        _major(item.amount),
        item.amount.currency,
    )


def _major(message: money_pb2.Money) -> Decimal:
    return Money(message.currency, message.amount_minor).to_decimal()
