"""Price books as files, between plain rules and sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from kit.spreadsheet.table import Limits, Problem, Value
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1.draft_pb2 import PriceBookImportPreview
from protos.pricing.v1.library_pb2 import SHEET_FORMAT_CSV, SheetFormat
from services.pricing.convert.drafts import difference_to_proto, kind_of, own_rate_id
from services.pricing.convert.item_files import problem_to_proto
from services.pricing.domain.book_columns import SHEETS, columns_of
from services.pricing.domain.comparison import Change, Outcome, Plain, RuleKind, RuleName

#: How much of a file is read, and written, or it would not come back.
LIMITS: Final = Limits()
#: Bytes of differences and problems that a preview tells; a message has 8 MiB.
_MOST_TOLD: Final = 1024 * 1024
_CHANGES: Final = {
    pb.PRICE_RULE_CHANGE_ADDED: "新增",
    pb.PRICE_RULE_CHANGE_CHANGED: "修改",
    pb.PRICE_RULE_CHANGE_REMOVED: "删除",
}


def write_book(
    rules: Mapping[RuleName, Plain], currency: str, format_: SheetFormat.ValueType
) -> bytes:
    """A book as a file that imports again without a change; as CSV only its rates."""
    of_kind: dict[RuleKind, list[Plain]] = {kind: [] for kind in RuleKind}
    for name, said in rules.items():
        told = {**said, "rate_id": own_rate_id(said)} if name.kind is RuleKind.RATE else said
        of_kind[name.kind].append(told)
    if format_ == SHEET_FORMAT_CSV:
        return write_csv(*_sheet(RuleKind.RATE, of_kind[RuleKind.RATE], currency))
    return write_xlsx(
        (SHEETS[kind].chinese, *_sheet(kind, said, currency)) for kind, said in of_kind.items()
    )


def _sheet(
    kind: RuleKind, rules: Iterable[Plain], currency: str
) -> tuple[Sequence[str], Iterable[Sequence[Value]]]:
    columns = columns_of(kind, currency)
    headings = [column.heading for column in columns]
    return headings, ([column.write(rule) for column in columns] for rule in rules)


def preview_to_proto(
    changes: Sequence[Change],
    problems: Iterable[Problem],
    *,
    unchanged: int,
    file_sha256: str,
    draft_revision: int,
    with_settlement: bool,
) -> PriceBookImportPreview:
    """What a file would change, on the wire."""
    count = Counter(change.outcome for change in changes)
    preview = PriceBookImportPreview(
        added=count[Outcome.ADDED],
        changed=count[Outcome.CHANGED],
        removed=count[Outcome.REMOVED],
        unchanged=unchanged,
        file_sha256=file_sha256,
        draft_revision=draft_revision,
    )
    told = 0
    for problem in problems:
        preview.problems.append(problem_to_proto(problem))
        told += preview.problems[-1].ByteSize()
        if told > _MOST_TOLD:
            preview.shortened = True
            break
    for change in changes:
        if told > _MOST_TOLD:
            preview.shortened = True
            break
        preview.differences.append(difference_to_proto(change, with_settlement=with_settlement))
        told += preview.differences[-1].ByteSize()
    return preview


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
