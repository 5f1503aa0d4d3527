"""What is asked of lists of earnings, and sums on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_from_proto
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert.earnings import state_name
from services.settlement.convert.money import amount
from services.settlement.domain.earnings.listing import Grouping, Sort, Sum, Wanted
from services.settlement.domain.earnings.view import Viewer

_SORTS: Final[dict[pb.EarningSort.ValueType, Sort]] = {
    pb.EARNING_SORT_UNSPECIFIED: Sort.NEWEST,
    pb.EARNING_SORT_OLDEST: Sort.OLDEST,
    pb.EARNING_SORT_HIGHEST: Sort.HIGHEST,
    pb.EARNING_SORT_LOWEST: Sort.LOWEST,
}
_GROUPINGS: Final[dict[pb.EarningGrouping.ValueType, Grouping]] = {
    pb.EARNING_GROUPING_UNSPECIFIED: Grouping.STATE,
    pb.EARNING_GROUPING_STATE: Grouping.STATE,
    pb.EARNING_GROUPING_TECHNICIAN: Grouping.TECHNICIAN,
    pb.EARNING_GROUPING_OUTLET: Grouping.OUTLET,
    pb.EARNING_GROUPING_PROVINCE: Grouping.PROVINCE,
    pb.EARNING_GROUPING_CITY: Grouping.CITY,
    pb.EARNING_GROUPING_DAY: Grouping.DAY,
    pb.EARNING_GROUPING_RULE_AND_CITY: Grouping.RULE_AND_CITY,
}


def wanted(message: pb.ListEarningsRequest | pb.SummarizeEarningsRequest) -> Wanted:
    """Which earnings are asked for.

    Raises:
        InvalidArgument: ``SETTLEMENT_STATE_UNKNOWN``, ``INSTANT_INVALID``.
    """
    since, before = message.HasField("promised_from"), message.HasField("promised_before")
    return Wanted(
        technician_id=message.technician_id,
        case_id=message.case_id,
        state=state_name(message.state),
        outlet_id=message.outlet_id,
        work_order_id=message.work_order_id,
        region_adcode=message.region_adcode,
        currency=message.currency,
        promised_from=_instant(message.promised_from, "promised_from") if since else None,
        promised_before=_instant(message.promised_before, "promised_before") if before else None,
        least_minor=message.least_minor if message.HasField("least_minor") else None,
        most_minor=message.most_minor if message.HasField("most_minor") else None,
    )


def sort(number: pb.EarningSort.ValueType) -> Sort:
    """In which order (``SETTLEMENT_SORT_UNKNOWN``)."""
    if number not in _SORTS:
        raise InvalidArgument("SETTLEMENT_SORT_UNKNOWN", f"no order {number}", field="sort")
    return _SORTS[number]


def grouping(number: pb.EarningGrouping.ValueType) -> Grouping:
    """By what sums are made (``SETTLEMENT_GROUPING_UNKNOWN``)."""
    if number not in _GROUPINGS:
        raise InvalidArgument("SETTLEMENT_GROUPING_UNKNOWN", f"no grouping {number}", field="by")
    return _GROUPINGS[number]


def after(token: tuple[str, ...] | None, by: Sort) -> tuple[str, str] | None:
    """After what a page begins (``PAGE_TOKEN_INVALID`` for a token of another order)."""
    if token is None:
        return None
    amount_minor, earning_id = token
    if (by in (Sort.HIGHEST, Sort.LOWEST)) != amount_minor.removeprefix("-").isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "the order has changed; begin anew", field="page.page_token"
        )
    return amount_minor, earning_id


def sum_to_proto(each: Sum, viewer: Viewer) -> pb.EarningSum:
    """A sum as far as the viewer may see it."""
    message = pb.EarningSum(
        name=each.name,
        count=each.count,
        total=amount(each.total_minor, each.currency),
        mean=amount(each.total_minor // each.count, each.currency),
    )
    if viewer.sees_all:
        message.settlement_total.CopyFrom(amount(each.settlement_total_minor, each.currency))
    return message


def _instant(message: Timestamp, field: str) -> datetime:
    return instant_from_proto(message, field)
