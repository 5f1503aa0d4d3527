"""A price book's file, read: what each row makes of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import InvalidArgument
from kit.spreadsheet.records import Records, read_records
from kit.spreadsheet.table import Problem, Table
from services.pricing.domain.book_columns import (
    BETWEEN,
    SHEETS,
    columns_of,
    heading_path,
)
from services.pricing.domain.comparison import Plain, RuleKind

_KIND_OF_SHEET: Final = {
    name.casefold(): kind
    for kind, sheet in SHEETS.items()
    for name in (sheet.chinese, sheet.english)
}
#: All sheets that are read.
SHEET_NAMES: Final = frozenset(_KIND_OF_SHEET)
#: What to do, in Chinese, about what can be wrong with a rule.
_CHINESE: Final = {
    "PRICING_ITEM_UNKNOWN": "两个库里都没有这个编码，请先建项目或备件。",
    "PRICING_ITEM_RETIRED": "该项目已停用，请恢复或删掉这一行。",
    "PRICING_AMOUNT_MISSING": "请填写金额。",
    "PRICING_AMOUNT_NEGATIVE": "金额不能为负。",
    "PRICING_AMOUNT_UNUSED": "按比例的调整项不填金额。",
    "PRICING_CURRENCY_MISMATCH": "币种与价目不一致。",
    "MONEY_OUT_OF_RANGE": "金额过大。",
    "PRICING_CONDITION_INVALID": "适用条件写法有误。",
    "PRICING_CHARGE_INVALID": "计费方式不完整或有误。",
    "PRICING_RATE_OVERLAP": "与另一行条件相同且范围重叠，无法决定用哪一个。",
    "PRICING_RATE_REPEATED": "与另一行是同一个费率，请只留一行。",
    "PRICING_RULE_REPEATED": "文件里有两行说的是同一条规则，请只留一行。",
    "PRICING_RESOLUTION_ORDER_INCOMPLETE": "费率用到的条件须列入“说明”的判定顺序。",
    "PRICING_PHASE_UNKNOWN": "“说明”里没有这个阶段。",
    "PRICING_GROUP_UNKNOWN": "“互斥组”里没有这个组。",
    "PRICING_RATIO_INVALID": "比例写法有误，请写成 1.2 或 1/3。",
    "PRICING_BAND_INVALID": "比例上下限须包含比例本身。",
    "PRICING_CODE_INVALID": "编码由字母、数字和 - _ . 组成，以字母开头。",
    "PRICING_LABEL_MISSING": "请填写名称。",
    "PRICING_COMBINE_MODE_MISSING": "请选择方式。",
    "PRICING_PROMOTION_INCOMPLETE": "促销内容不完整。",
    "PRICING_SIDE_MISSING": "请写明标价或结算价一侧。",
    "PRICING_OPENING_INVALID": "请写明地点和开业日（2026-06-01）。",
    "PRICING_OUTSIDE_BAND": "超出授权的浮动范围，请调整或报总部审批。",
}


@dataclass(frozen=True, slots=True)
class BookSheet:
    """One sheet of a book's file."""

    kind: RuleKind
    records: Records[Plain]

    def at(self, row_number: int) -> str:
        """Where a row stands, as a field's path begins."""
        return f"{self.kind}!{row_number}"

    def located(self, row_number: int, inside: str, problem: InvalidArgument) -> Problem:
        """A problem of a rule in the cell that it comes from, or in its row."""
        chinese = problem.details.get("zh") or _CHINESE.get(problem.reason, problem.message)
        return self.records.problem(
            row_number, heading_path(inside), problem.reason, problem.message, chinese
        )


def read_sheets(tables: Iterable[Table], currency: str) -> list[BookSheet]:
    """The sheets of a file, the head first; a CSV file is one of rates.

    Args:
        tables: as they were read.
        currency: the book's, unless its own head says another.
    """
    by_kind = {_KIND_OF_SHEET.get(table.sheet.casefold(), RuleKind.RATE): table for table in tables}
    sheets: list[BookSheet] = []
    for kind in RuleKind:
        if kind not in by_kind:
            continue
        needed = SHEETS[kind].needed
        records = read_records(by_kind[kind], columns_of(kind, currency), needed)
        sheets.append(BookSheet(kind, records))
        if kind is RuleKind.HEAD:
            said = [record.given.get("currency") for record in records.records]
            currency = next(filter(None, said), currency)
    return sheets


def merged(rule: Plain, given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with what a row says of it; what the file has no column for stays, an empty cell clears
    what was there."""
    result = _copied(rule)
    for path, value in given.items():
        if value is None:
            _clear(result, path.split(BETWEEN))
    for path, value in given.items():
        if value is not None:
            _set(result, path.split(BETWEEN), value)
    return result


def _copied(plain: Plain) -> dict[str, Any]:
    return {
        name: _copied(value) if isinstance(value, Mapping) else value
        for name, value in plain.items()
    }


def _clear(rule: dict[str, Any], parts: Sequence[str]) -> None:
    """Take a field away, and what is empty without it."""
    name, *below = parts
    if not below:
        rule.pop(name, None)
    elif isinstance(rule.get(name), dict):
        _clear(rule[name], below)
        if not rule[name]:
            del rule[name]


def _set(rule: dict[str, Any], parts: Sequence[str], value: Any) -> None:
    *above, name = parts
    for part in above:
        rule = rule.setdefault(part, {})
    if isinstance(value, dict) and not value:
        rule.setdefault(name, {})
    else:
        rule[name] = value
