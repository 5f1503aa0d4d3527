"""What a draft would have changed, as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from kit.money import Money
from kit.spreadsheet.table import Value
from kit.spreadsheet.writing import Bars, write_xlsx
from protos.common.v1 import money_pb2
from protos.pricing.v1 import review_pb2 as pb

_ALL: Final = "合计 total"
_COLUMNS: Final = (
    "分组 group", "币种 currency", "单数 orders",
    "总价（前）total before", "总价（后）total after", "总价变化 change",
    "结算价（前）settlement before", "结算价（后）settlement after", "结算价变化 settlement change",
    "毛利（前）margin before", "毛利（后）margin after", "毛利变化 margin change",
    "涨价单数 dearer", "降价单数 cheaper", "收入减少单数 earning less", "无价单数 unpriced",
)  # fmt: skip
#: Of the columns: what is drawn, counted from 1.
_CHANGES: Final = (6, 9, 12)
_ORDER_COLUMNS: Final = (
    "报价 quote", "分组 group", "总价（前）total before", "总价（后）total after",
    "结算价（前）settlement before", "结算价（后）settlement after", "无价原因 refused",
)  # fmt: skip
_STRETCH_COLUMNS: Final = ("总价变化 change of the total", "单数 orders")


def write_change(change: pb.PriceChange) -> bytes:
    """A workbook: groups with a chart, the distribution with another, and the orders by name."""
    rows = [*map(_row, change.groups), *(_row(row, _ALL) for row in change.totals)]
    stretches: list[list[Value]] = [
        [said(each), Decimal(each.orders)] for each in change.distribution
    ]
    groups, distribution = "分组 groups", "分布 distribution"
    return write_xlsx(
        [
            (groups, _COLUMNS, rows),
            (distribution, _STRETCH_COLUMNS, stretches),
            ("涨价最多 dearest", _ORDER_COLUMNS, _orders(change.dearest)),
            ("降价最多 cheapest", _ORDER_COLUMNS, _orders(change.cheapest)),
            ("无价 unpriced", _ORDER_COLUMNS, _orders(change.unpriced)),
        ],
        {
            groups: Bars("变化 change", 1, _CHANGES),
            distribution: Bars("分布 distribution", 1, (2,)),
        },
    )


def said(stretch: pb.PriceChangeStretch) -> str:
    """「-10% … -5%」."""
    least = _percent(stretch.least_basis_points) if stretch.HasField("least_basis_points") else ""
    most = _percent(stretch.most_basis_points) if stretch.HasField("most_basis_points") else ""
    return least if least == most else f"{least} … {most}".strip()


def _percent(basis_points: int) -> str:
    return f"{Decimal(basis_points) / 100:+f}%" if basis_points else "0%"


def _row(row: pb.PriceChangeRow, name: str = "") -> Sequence[Value]:
    sides = [
        (_decimal(before), _decimal(after))
        for before, after in (
            (row.total_before, row.total_after),
            (row.settlement_before, row.settlement_after),
            (row.margin_before, row.margin_after),
        )
    ]
    counts = (row.dearer, row.cheaper, row.earning_less, row.unpriced)
    return [
        name or row.group,
        row.currency,
        Decimal(row.orders),
        *(value for before, after in sides for value in (before, after, after - before)),
        *map(Decimal, counts),
    ]


def _orders(orders: Iterable[pb.PriceChangeOrder]) -> Iterable[Sequence[Value]]:
    for order in orders:
        amounts = (
            order.total_before, order.total_after, order.settlement_before, order.settlement_after
        )  # fmt: skip
        yield [
            order.order_id,
            order.group,
            *(_decimal(each) if each.currency else None for each in amounts),
            order.refused,
        ]


def _decimal(money: money_pb2.Money) -> Decimal:
    return Money(money.currency, money.amount_minor).to_decimal()
