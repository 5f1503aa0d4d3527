"""Price books as files, between plain rules and sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from kit.spreadsheet.table import Value
from kit.spreadsheet.writing import write_xlsx
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.convert.drafts import kind_of
from services.pricing.domain.book_columns import SHEETS

_CHANGES: Final = {
    pb.PRICE_RULE_CHANGE_ADDED: "新增",
    pb.PRICE_RULE_CHANGE_CHANGED: "修改",
    pb.PRICE_RULE_CHANGE_REMOVED: "删除",
}


def write_comparison(differences: Iterable[pb.PriceRuleDifference]) -> bytes:
    """What differs as a workbook: a row for each field, before and after."""
    headings = (
        "类别 kind", "编码 code", "变化 change", "字段 field", "之前 before", "之后 after",
        "标价变化% list price %", "结算价变化% settlement price %",
    )  # fmt: skip
    rows = (row for difference in differences for row in _rows(difference))
    return write_xlsx([("对比", headings, rows)])


def _rows(difference: pb.PriceRuleDifference) -> Iterator[Sequence[Value]]:
    kind = kind_of(difference.name.kind)
    named = (
        SHEETS[kind].chinese if kind else "",
        difference.name.code,
        _CHANGES[difference.change],
    )
    percents = (
        _percent(difference.list_price_percent),
        _percent(difference.settlement_price_percent),
    )
    for field in difference.fields:
        yield (*named, field.field, field.before, field.after, *percents)
        percents = (None, None)


def _percent(text: str) -> Decimal | None:
    return Decimal(text) if text else None
