"""An earning as a table on a page: with what tax would leave only for whom it was told."""

from typing import Any

from jinja2 import Environment, FileSystemLoader

import services.gateway.pages.base as base
from protos.common.v1.money_pb2 import Money
from protos.settlement.v1 import settlement_pb2, tax_pb2


def table(earning: settlement_pb2.Earning) -> str:
    folder = base.__file__.rpartition("/")[0] + "/templates"
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True)
    pages.filters["money"] = base.money
    macros: Any = pages.get_template("macros.html").module
    return str(macros.earning_lines(earning, str, lambda chinese, english: chinese))


def yuan(amount: int) -> Money:
    return Money(currency="CNY", amount_minor=amount * 100)


def test_what_tax_would_leave_is_called_an_estimate_and_explained() -> None:
    step = tax_pb2.TaxStep(chinese="费用 ¥7,000.00 × 20% = ¥1,400.00", english="expenses")
    estimate = tax_pb2.NetEstimate(
        gross=yuan(7_000), tax=yuan(1_120), net=yuan(5_880), steps=[step]
    )
    told = table(settlement_pb2.Earning(total=yuan(7_000), net_estimate=estimate))
    assert "预估扣税" in told
    assert "预估税后到手" in told
    assert "¥5,880.00" in told
    assert "费用 ¥7,000.00 × 20% = ¥1,400.00" in told


def test_nothing_is_said_of_tax_where_none_is_told_or_due() -> None:
    free = tax_pb2.NetEstimate(gross=yuan(140), tax=yuan(0), net=yuan(140))
    for earning in (
        settlement_pb2.Earning(total=yuan(140)),
        settlement_pb2.Earning(total=yuan(140), net_estimate=free),
    ):
        assert "预估" not in table(earning)
