"""Price books from files: what a file would change in a draft, and doing it as one edit."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format

from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.table import Problem
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import draft_pb2 as pb
from services.pricing.convert.book_files import LIMITS, preview_to_proto
from services.pricing.convert.drafts import change_of, rate_of_row, rule_to_plain
from services.pricing.domain.book_rows import SHEET_NAMES, BookSheet, merged, read_sheets
from services.pricing.domain.comparison import (
    HEAD,
    Change,
    Plain,
    RuleKind,
    RuleName,
    applied,
    difference,
)
from services.pricing.domain.drafts import Act
from services.pricing.servicer.base import Context, sees_settlement
from services.pricing.servicer.draft_base import told
from services.pricing.servicer.draft_edits import DraftEditRpcs
from services.pricing.servicer.editing import Opened, Wanted, open_draft, tried_out
from services.pricing.store import rates

#: Problems that a refusal names; the preview has all of them.
_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a file would change."""

    wanted: Sequence[Wanted]
    changes: Sequence[Change]
    problems: Sequence[Problem]
    unchanged: int
    file_sha256: str


class DraftFileRpcs(DraftEditRpcs):
    """Preview and import."""

    async def PreviewPriceBookImport(
        self, request: pb.PreviewPriceBookImportRequest, context: Context
    ) -> pb.PriceBookImportPreview:
        found = await open_draft(request.draft_id)
        await self._delegations(found)
        planned = await _plan(found, request.content, replace=request.replace)
        return preview_to_proto(
            planned.changes,
            planned.problems,
            unchanged=planned.unchanged,
            file_sha256=planned.file_sha256,
            draft_revision=found.row.revision,
            with_settlement=sees_settlement(),
        )

    async def ImportPriceBook(
        self, request: pb.ImportPriceBookRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.draft_revision, Act.EDIT)
        planned = await _plan(found, request.content, replace=request.replace)
        if request.file_sha256 != planned.file_sha256:
            raise FailedPrecondition(
                "PRICING_IMPORT_FILE_CHANGED",
                "this is not the file that was previewed; preview it first",
                field="file_sha256",
            )
        _check_clean(planned.problems)
        if not planned.wanted:
            return await told(found)
        return await self._edit(found, planned.wanted, "imported")


def _check_clean(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    raise InvalidArgument(
        "PRICING_IMPORT_WRONG",
        f"{len(problems)} problems, nothing was imported; put them right and preview again",
        field="content",
        details={
            f"{one.sheet} {one.row_number} {one.column}".strip(): f"{one.chinese} {one.message}"
            for one in problems[:_MOST_TOLD]
        },
    )


async def _plan(found: Opened, content: bytes, *, replace: bool) -> _Planned:
    tables = await asyncio.to_thread(read_tables, content, SHEET_NAMES, LIMITS)
    head = applied((await found.rules(())).rules, map(change_of, found.changes.values()))[HEAD]
    sheets = await asyncio.to_thread(read_sheets, tables, head.get("currency", ""))
    standing = await _standing(found, sheets)
    problems: list[Problem] = []
    wanted: list[Wanted] = []
    for sheet in sheets:
        problems += sheet.records.problems
        for one in _rows(sheet, standing):
            if isinstance(one, Problem):
                problems.append(one)
            else:
                wanted.append(one)
    if replace and not problems:
        wanted += await _left_out(found, sheets, wanted)
    changing = [one for one in wanted if one.after is None or standing.get(one.name) != one.after]
    repeated = len({one.name for one in wanted}) < len(wanted)
    tried = await tried_out(found, wanted if repeated else changing)
    problems += [_in_its_cell(problem, sheets) for problem in tried.problems]
    after = {one.name: one.after for one in changing}
    changes = difference(
        {name: said for name in after if (said := tried.before.get(name)) is not None},
        {name: said for name, said in after.items() if said is not None},
    )
    digest = hashlib.sha256(content).hexdigest()
    return _Planned(changing, changes, problems, len(wanted) - len(changing), digest)


async def _standing(found: Opened, sheets: Sequence[BookSheet]) -> Mapping[RuleName, Plain]:
    """The rules that a file may be about, as the draft has them."""
    given = [
        record.given
        for sheet in sheets
        if sheet.kind is RuleKind.RATE
        for record in sheet.records.records
    ]
    codes = {str(each.get("item_code") or "") for each in given}
    ids = {str(each.get("rate_id") or "") for each in given}
    base = await found.rules(codes - {""}, ids)
    return applied(base.rules, map(change_of, found.changes.values()))


def _rows(sheet: BookSheet, standing: Mapping[RuleName, Plain]) -> Iterator[Wanted | Problem]:
    for record in sheet.records.records:
        if record.problems:
            yield from record.problems
            continue
        try:
            yield _wanted(sheet, record.number, record.given, standing)
        except InvalidArgument as problem:
            inside = problem.field.removeprefix(sheet.at(record.number)).lstrip(".")
            yield sheet.located(record.number, inside.removeprefix(f"{sheet.kind}."), problem)


def _wanted(
    sheet: BookSheet,
    number: int,
    given: Mapping[str, Any],
    standing: Mapping[RuleName, Plain],
) -> Wanted:
    """What a row makes of its rule: of one that stands, what it says of it."""
    at = sheet.at(number)
    name, said = _settled(sheet.kind, merged({}, given), at)
    if name in standing:
        name, said = _settled(sheet.kind, merged(standing[name], given), at)
    return Wanted(name, said, at)


def _settled(kind: RuleKind, said: Plain, at: str) -> tuple[RuleName, Plain]:
    message = book_pb2.PriceRule()
    try:
        json_format.ParseDict({kind.value: said}, message)
    except json_format.ParseError as error:
        raise InvalidArgument("PRICING_RULE_UNREADABLE", str(error), field=at) from error
    return rule_to_plain(message, at)


async def _left_out(
    found: Opened, sheets: Sequence[BookSheet], wanted: Sequence[Wanted]
) -> list[Wanted]:
    """The removal of all rules of the file's kinds that it leaves out."""
    kinds = {sheet.kind for sheet in sheets} - {RuleKind.HEAD}
    base = dict((await found.rules(())).rules)
    if RuleKind.RATE in kinds and found.base is not None:
        rows = await rates.some_rates(
            current_session(), found.base, rates.WantedRates(), 0, LIMITS.rows + 1
        )
        if len(rows) > LIMITS.rows:
            raise FailedPrecondition(
                "PRICING_IMPORT_TOO_LARGE",
                f"a file replaces at most {LIMITS.rows} rates; import it without replacing",
                field="replace",
            )
        base.update(rate_of_row(row, found.base.currency) for row in rows)
    now = applied(base, map(change_of, found.changes.values()))
    said = {one.name for one in wanted}
    return [
        Wanted(name, None, f"{name.kind} {name.code}")
        for name in now
        if name.kind in kinds and name not in said
    ]


def _in_its_cell(problem: InvalidArgument, sheets: Sequence[BookSheet]) -> Problem:
    """A problem of a rule, told where its row stands; of a removed rule, by its name."""
    at, _, inside = problem.field.partition(".")
    for sheet in sheets:
        kind, mark, row = at.partition("!")
        if mark and kind == sheet.kind:
            return sheet.located(int(row), inside, problem)
    return Problem("", 0, problem.field, problem.reason, problem.message, problem.message)
