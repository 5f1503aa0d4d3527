"""Bills of channels and what a comparison found, on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_to_proto
from protos.settlement.v1 import reconciliation_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.reconciliation.bill_format import (
    BadLine,
    BillField,
    BillFormat,
    BillLine,
    Way,
)
from services.settlement.domain.reconciliation.correction import DiscrepancyState
from services.settlement.domain.reconciliation.movement import Entry
from services.settlement.tables.reconciliation import (
    BillMatchRow,
    ChannelBillRow,
    DiscrepancyRow,
)

_STATES: Final[dict[str, pb.DiscrepancyState.ValueType]] = {
    "": pb.DISCREPANCY_STATE_UNSPECIFIED,
    DiscrepancyState.OPEN: pb.DISCREPANCY_STATE_OPEN,
    DiscrepancyState.PROPOSED: pb.DISCREPANCY_STATE_PROPOSED,
    DiscrepancyState.RESOLVED: pb.DISCREPANCY_STATE_RESOLVED,
}


def state_name(number: pb.DiscrepancyState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    for name, each in _STATES.items():
        if each == number:
            return str(name)
    raise InvalidArgument(
        "SETTLEMENT_STATE_UNKNOWN", f"no state has the number {number}", field="state"
    )


def format_from_proto(message: pb.BillFormat) -> BillFormat:
    """A format as it was put (``SETTLEMENT_BILL_FORMAT_INVALID``)."""
    return BillFormat(
        code=message.bill_format_code,
        channel_code=message.channel_code,
        columns={
            _known(BillField, column.field, f"columns[{i}].field"): column.heading
            for i, column in enumerate(message.columns)
        },
        ways={
            way.value: _known(Way, way.way, f"ways[{i}].way") for i, way in enumerate(message.ways)
        },
        in_minor_units=message.in_minor_units,
        times=tuple(message.times),
        currency=message.currency or "CNY",
        ends_at=tuple(message.ends_at),
    )


def format_to_proto(how: BillFormat, version: int) -> pb.BillFormat:
    """A format with its version."""
    return pb.BillFormat(
        bill_format_code=how.code,
        version=version,
        channel_code=how.channel_code,
        columns=[
            pb.BillColumn(field=field, heading=heading) for field, heading in how.columns.items()
        ],
        ways=[pb.BillWay(value=value, way=way) for value, way in how.ways.items()],
        in_minor_units=how.in_minor_units,
        times=how.times,
        currency=how.currency,
        ends_at=how.ends_at,
    )


def problems_to_proto(bad: Iterable[BadLine]) -> list[pb.BillProblem]:
    """Rows that cannot be read."""
    return [
        pb.BillProblem(
            row_number=one.row_number,
            heading=one.heading,
            english=one.english,
            chinese=one.chinese,
        )
        for one in bad
    ]


def first_day(row: ChannelBillRow) -> str:
    """The first day of a bill."""
    return row.period_from.astimezone(SHANGHAI).date().isoformat()


def last_day(row: ChannelBillRow) -> str:
    """The last day of a bill."""
    last = row.period_until.astimezone(SHANGHAI) - timedelta(microseconds=1)
    return last.date().isoformat()


def bill_to_proto(row: ChannelBillRow, counts: Any, totals: Sequence[Any]) -> pb.ChannelBill:
    """A bill, and how far it is resolved."""
    return pb.ChannelBill(
        channel_bill_id=row.channel_bill_id,
        channel_code=row.channel_code,
        bill_format_code=row.bill_format_code,
        first_day=first_day(row),
        last_day=last_day(row),
        imported_at=instant_to_proto(row.imported_at),
        imported_by_person_id=row.imported_by_person_id,
        line_count=counts.line_count,
        match_count=counts.match_count,
        unconfirmed_count=counts.unconfirmed_count,
        open_discrepancy_count=counts.open_count,
        proposed_discrepancy_count=counts.proposed_count,
        resolved_discrepancy_count=counts.resolved_count,
        totals=[
            pb.ChannelBillTotal(
                **{
                    "in": amount(total.in_minor, total.currency),
                    "out": amount(total.out_minor, total.currency),
                    "fees": amount(total.fee_minor, total.currency),
                    "unresolved": amount(total.unresolved_minor, total.currency),
                }
            )
            for total in totals
        ],
        closed_at=instant_to_proto(row.closed_at),
        closed_by_person_id=row.closed_by_person_id,
    )


def match_to_proto(
    row: BillMatchRow, lines: Sequence[BillLine], entries: Sequence[Entry]
) -> pb.BillMatch:
    """A match with both of its sides."""
    currency = (lines[0] if lines else entries[0]).amount.currency
    return pb.BillMatch(
        match_number=row.match_number,
        matched_by=row.matched_by,
        difference=amount(row.difference_minor, currency),
        lines=[line_to_proto(line) for line in lines],
        entries=[entry_to_proto(entry) for entry in entries],
        confirmed_at=instant_to_proto(row.confirmed_at),
        confirmed_by_person_id=row.confirmed_by_person_id,
    )


def discrepancy_to_proto(
    row: DiscrepancyRow, lines: Mapping[int, BillLine], entries: Mapping[str, Entry]
) -> pb.Discrepancy:
    """A discrepancy with both of its sides; what was taken back since is not among its entries."""
    return pb.Discrepancy(
        discrepancy_id=row.discrepancy_id,
        channel_bill_id=row.channel_bill_id,
        discrepancy_kind=row.kind,
        difference=money_to_proto(Money(row.currency, row.difference_minor)),
        lines=[line_to_proto(lines[number]) for number in row.row_numbers if number in lines],
        entries=[entry_to_proto(entries[each]) for each in row.document_ids if each in entries],
        english=row.english,
        chinese=row.chinese,
        proposed_correction=row.proposed_correction,
        state=_STATES[row.state],
        correction=row.correction,
        reason=row.reason,
        chosen_by_person_id=row.chosen_by_person_id,
        resolved_at=instant_to_proto(row.resolved_at),
        resolved_by_person_id=row.resolved_by_person_id,
    )


def line_to_proto(line: BillLine) -> pb.ChannelBillLine:
    """A line of a bill."""
    return pb.ChannelBillLine(
        row_number=line.row_number,
        channel_number=line.channel_number,
        own_number=line.own_number,
        order_number=line.order_number,
        occurred_at=instant_to_proto(line.occurred_at),
        amount=money_to_proto(line.amount),
        fee=money_to_proto(line.fee),
    )


def entry_to_proto(entry: Entry) -> pb.BookedEntry:
    """What we booked."""
    return pb.BookedEntry(
        document_kind=entry.document_kind,
        document_id=entry.document_id,
        channel_number=entry.channel_number,
        order_number=entry.order_number,
        occurred_at=instant_to_proto(entry.occurred_at),
        amount=money_to_proto(entry.amount),
    )


def _known(kind: Any, value: str, field: str) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidArgument(
            "SETTLEMENT_BILL_FORMAT_INVALID",
            f"{value!r} is none of {', '.join(kind)}",
            field=f"bill_format.{field}",
        ) from error
