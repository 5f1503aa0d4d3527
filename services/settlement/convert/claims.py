"""Claims on the wire, and as a file for the brand."""

from __future__ import annotations

from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto
from kit.spreadsheet.writing import write_xlsx
from protos.settlement.v1 import claim_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.claims.claim import ClaimAnswer, ClaimState
from services.settlement.tables.claims import BrandClaimLineRow, BrandClaimRow

_STATES: Final[dict[str, pb.BrandClaimState.ValueType]] = {
    "": pb.BRAND_CLAIM_STATE_UNSPECIFIED,
    ClaimState.DRAFT: pb.BRAND_CLAIM_STATE_DRAFT,
    ClaimState.SENT: pb.BRAND_CLAIM_STATE_SENT,
    ClaimState.ANSWERED: pb.BRAND_CLAIM_STATE_ANSWERED,
    ClaimState.WITHDRAWN: pb.BRAND_CLAIM_STATE_WITHDRAWN,
}
_HEADINGS: Final = ("工单号", "服务内容", "服务日期", "金额", "币种", "答复", "说明")


def state_name(number: pb.BrandClaimState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    for name, each in _STATES.items():
        if each == number:
            return str(name)
    raise InvalidArgument(
        "SETTLEMENT_STATE_UNKNOWN", f"no state has the number {number}", field="state"
    )


def claim_to_proto(row: BrandClaimRow, *, with_lines: bool = True) -> pb.BrandClaim:
    """A claim, and what became of it."""

    def said(answer: ClaimAnswer) -> int:
        return sum(line.amount_minor for line in row.lines if line.answer == answer)

    return pb.BrandClaim(
        brand_claim_id=row.brand_claim_id,
        revision=row.revision,
        state=_STATES[row.state],
        brand_id=row.brand_id,
        first_day=row.first_day.isoformat(),
        last_day=row.last_day.isoformat(),
        amount=amount(row.amount_minor, row.currency),
        line_count=row.line_count,
        accepted=amount(said(ClaimAnswer.ACCEPTED), row.currency),
        rejected=amount(said(ClaimAnswer.REJECTED), row.currency),
        received=amount(sum(line.receivable.received_minor for line in row.lines), row.currency),
        digest=row.digest,
        drawn_at=instant_to_proto(row.drawn_at),
        drawn_by_person_id=row.drawn_by_person_id,
        sent_at=instant_to_proto(row.sent_at),
        sent_by_person_id=row.sent_by_person_id,
        answered_at=instant_to_proto(row.answered_at),
        lines=[_line(line, row.currency) for line in row.lines] if with_lines else (),
    )


def file_of(row: BrandClaimRow) -> pb.BrandClaimFile:
    """A claim as a workbook."""
    lines = [
        (
            line.receivable.work_order_id,
            _label(line),
            line.receivable.billed_at.astimezone(SHANGHAI).date(),
            Money(row.currency, line.amount_minor).to_decimal(),
            row.currency,
            line.answer,
            line.answer_reason,
        )
        for line in row.lines
    ]
    whole = (
        ("索赔单", row.brand_claim_id),
        ("品牌", row.brand_id),
        ("期间", f"{row.first_day} – {row.last_day}"),
        ("合计", str(Money(row.currency, row.amount_minor))),
        ("校验", row.digest),
    )
    content = write_xlsx([("明细", _HEADINGS, lines), ("汇总", ("项目", "内容"), whole)])
    return pb.BrandClaimFile(content=content)


def _line(line: BrandClaimLineRow, currency: str) -> pb.BrandClaimLine:
    return pb.BrandClaimLine(
        receivable_id=line.receivable_id,
        work_order_id=line.receivable.work_order_id,
        label=_label(line),
        amount=amount(line.amount_minor, currency),
        billed_at=instant_to_proto(line.receivable.billed_at),
        answer=line.answer,
        answer_reason=line.answer_reason,
        received=amount(line.receivable.received_minor, currency),
    )


def _label(line: BrandClaimLineRow) -> str:
    return "、".join(each.label for each in line.receivable.lines)
