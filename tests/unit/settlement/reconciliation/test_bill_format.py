"""Bills as channels write them, read line by line."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kit.errors import InvalidArgument
from kit.money import Money
from services.settlement.domain.reconciliation.bill_format import (
    BillField,
    BillFormat,
    Way,
    check_format,
    fingerprint,
    read_bill,
)

TRADES = BillFormat(
    code="wechat-trade",
    channel_code="wechat",
    columns={
        BillField.OCCURRED_AT: "交易时间",
        BillField.CHANNEL_NUMBER: "微信订单号",
        BillField.OWN_NUMBER: "商户订单号",
        BillField.WAY: "交易状态",
        BillField.AMOUNT: "应结订单金额",
        BillField.REFUND_AMOUNT: "退款金额",
        BillField.FEE: "手续费",
        BillField.CURRENCY: "货币种类",
    },
    ways={"SUCCESS": Way.IN, "REFUND": Way.OUT, "REVOKED": Way.NONE},
    in_minor_units=False,
    times=("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    currency="CNY",
    ends_at=("总交易单数",),
)
HEADINGS = [
    "交易时间", "公众账号ID", "微信订单号", "商户订单号", "交易状态", "货币种类",
    "应结订单金额", "退款金额", "手续费",
]  # fmt: skip


def row(
    time: str, number: str, state: str, amount: str, back: str = "`0.00", fee: str = "`0.60000"
) -> list[str]:
    return [time, "`wx1", number, "`rc_" + number[1:], state, "`CNY", amount, back, fee]


def numbered(*rows: list[str]) -> list[tuple[int, list[str]]]:
    return list(enumerate(rows, start=1))


def test_a_trade_bill_is_read_with_its_back_ticks_and_without_its_summary() -> None:
    read = read_bill(
        TRADES,
        numbered(
            ["微信支付交易明细"],
            HEADINGS,
            row("`2026-10-07 09:30:00", "`4200001", "`SUCCESS", "`240.00"),
            row("`2026-10-07 10:00:00", "`4200002", "`REFUND", "`0.00", "`1,030.50"),
            row("`2026-10-07 10:05:00", "`4200003", "`REVOKED", "`88.00"),
            ["总交易单数", "应结订单总金额"],
            ["`3", "`240.00"],
        ),
    )
    assert not read.bad
    assert [line.amount for line in read.lines] == [Money("CNY", 240_00), Money("CNY", -1_030_50)]
    first = read.lines[0]
    assert first.occurred_at == datetime(2026, 10, 7, 1, 30, tzinfo=UTC)
    assert first.movement().numbers == {"4200001", "rc_4200001"}
    assert first.fee == Money("CNY", 60)
    assert first.row_number == 3


def test_what_cannot_be_read_is_told_by_its_cell_and_the_rest_is_read() -> None:
    read = read_bill(
        TRADES,
        numbered(
            HEADINGS,
            row("`07.10.2026", "`1", "`SUCCESS", "`1.00"),
            row("`2026-10-07 10:00:00", "`2", "`LOST", "`1.00"),
            row("`2026-10-07 10:00:00", "`3", "`SUCCESS", "`1.005"),
            row("`2026/10/07 10:00", "`4", "`SUCCESS", "`1.05"),
        ),
    )
    assert [(bad.row_number, bad.heading) for bad in read.bad] == [
        (2, "交易时间"),
        (3, "交易状态"),
        (4, "应结订单金额"),
    ]
    assert [line.channel_number for line in read.lines] == ["4"]


def test_amounts_in_fen_are_whole() -> None:
    fen = replace(TRADES, in_minor_units=True)
    lines = read_bill(
        fen,
        numbered(
            HEADINGS,
            row("2026-10-07 10:00:00", "`1", "SUCCESS", "10500", "0", "60"),
            row("2026-10-07 10:00:00", "`2", "SUCCESS", "105.5", "0", "60"),
        ),
    )
    assert [line.amount.amount_minor for line in lines.lines] == [105_00]
    assert [bad.heading for bad in lines.bad] == ["应结订单金额"]


def test_a_bill_of_another_shape_is_refused_by_its_headings() -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_bill(TRADES, numbered(["日期", "金额"], ["2026-10-07", "3"]))
    assert refused.value.reason == "SETTLEMENT_BILL_HEADINGS_MISSING"


def test_a_bill_is_known_by_its_headings_in_any_order() -> None:
    assert fingerprint(HEADINGS) == fingerprint([f"`{one}" for one in reversed(HEADINGS)])
    assert fingerprint(HEADINGS) != fingerprint(HEADINGS[1:])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("columns.amount", {"columns": {**TRADES.columns, BillField.AMOUNT: "手续费"}}),
        ("columns.occurred_at", {"columns": {BillField.AMOUNT: "a", BillField.OWN_NUMBER: "b"}}),
        (
            "columns",
            {"columns": {BillField.AMOUNT: "a", BillField.OCCURRED_AT: "b"}},
        ),
        ("ways", {"ways": {}}),
        ("currency", {"currency": "XXX"}),
        ("times", {"times": ()}),
    ],
)
def test_a_format_that_cannot_be_compared_by_is_refused(
    field: str, wrong: dict[str, object]
) -> None:
    check_format(TRADES)
    with pytest.raises(InvalidArgument) as refused:
        check_format(replace(TRADES, **wrong))  # type: ignore[arg-type]
    assert refused.value.field == f"bill_format.{field}"
