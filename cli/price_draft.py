"""`gongdan price-book draft`: drafts of price books, from the first edit to the published version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.api import Refused, part, read_file
from cli.item_file import problem_table
from cli.output import facts, moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, asked, noun, verb
from protos.pricing.v1 import book_pb2, draft_pb2

app = noun("draft", "Drafts 价目草稿: edit, submit, review, publish.")

#: Rules that are shown; ``--json`` and a comparison have all of them.
_MOST_SHOWN: Final = 50
_Draft = Annotated[str, typer.Argument(metavar="DRAFT", help="pd_…")]
_KIND: Final = "PRICE_RULE_KIND_"
_APPROVE, _RETURN = "PRICE_REVIEW_DECISION_APPROVE", "PRICE_REVIEW_DECISION_RETURN"


@verb(app, "list")
def list_drafts(book: Annotated[str, typer.Option(help="Only of this book")] = "") -> None:
    """Drafts, the newest first."""
    query = {"price_book_code": book}
    answer = first_page("/price-drafts", draft_pb2.ListPriceDraftsResponse, "drafts", query)
    tell(answer, _listed)


@verb(app)
def create(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="The book to be published")],
    title: Annotated[str, typer.Option(help="What it is about")] = "",
    copy_of: Annotated[str, typer.Option(help="Copy this book into a new one")] = "",
    roll_back: Annotated[int, typer.Option(help="Say what this version said")] = 0,
    currency: Annotated[str, typer.Option(help="Of a new book; CNY unless said")] = "",
) -> None:
    """Open a draft."""
    body: dict[str, Any] = {
        "price_book_code": book,
        "title": title,
        "copy_of_price_book_code": copy_of,
        "roll_back_to_version": roll_back,
    }
    if currency:
        body["head"] = {"currency": currency}
    tell(api().send("POST", "/price-drafts", draft_pb2.PriceDraft, body), _card)


@verb(app)
def show(
    draft: _Draft,
    item: Annotated[str, typer.Option(help="Only rules of this item")] = "",
    every: Annotated[bool, typer.Option("--unchanged", help="Unchanged rules too")] = False,
) -> None:
    """A draft and what it changes."""
    answer = api().get(
        f"/price-drafts/{part(draft)}",
        draft_pb2.PriceDraftContent,
        item_code=item,
        changes_only="" if every else "true",
        page_size=_MOST_SHOWN,
    )
    tell(answer, _shown)


@verb(app)
def edit(
    draft: _Draft,
    edits: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: a list of edits")],
    needs_approval: Annotated[
        bool, typer.Option(help="Keep prices outside the band; headquarters will review them")
    ] = False,
) -> None:
    """Make edits, all of them or none: [{"put": {"rate": …}}, {"remove": {"kind": …, "code": …}}]."""
    try:
        said = json.loads(read_file(edits))
    except ValueError as error:
        raise Refused(f"{edits} is no JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    _act(draft, "edit", {"edits": said, "needs_approval": needs_approval})


@verb(app)
def undo(draft: _Draft) -> None:
    """Take back the last edit."""
    _act(draft, "undo")


@verb(app)
def redo(draft: _Draft) -> None:
    """Do again what was taken back."""
    _act(draft, "redo")


@verb(app)
def rebase(
    draft: _Draft,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what conflicts")] = False,
    theirs: Annotated[
        list[str] | None,
        typer.Option("--theirs", metavar="KIND:CODE", help="Keep this rule as published: tax:VAT"),
    ] = None,
) -> None:
    """Stand on the newest version again; where both changed a rule, the draft's stays, or theirs."""
    kept = [_rule_name(written) for written in theirs or ()]
    path, body = f"/price-drafts/{part(draft)}/rebase", {"dry_run": dry_run, "keep_theirs": kept}
    tell(api().send("POST", path, draft_pb2.PriceDraftRebased, body), _rebased)


@verb(app)
def submit(draft: _Draft) -> None:
    """Hand a draft in for review."""
    _act(draft, "submit")


@verb(app)
def review(
    draft: _Draft,
    approve: Annotated[bool, typer.Option("--approve", help="It may be published")] = False,
    return_: Annotated[str, typer.Option("--return", metavar="WHY", help="It may not")] = "",
    because: Annotated[
        str, typer.Option(metavar="WHY", help="Why what `price check` finds in it is meant")
    ] = "",
) -> None:
    """Approve a draft, or return it; one of the two, and not your own."""
    if approve == bool(return_):
        raise Refused("say --approve or --return WHY", "INPUT_PAIR_MALFORMED")
    said = {"decision": _APPROVE, "comment": because} if approve else {"decision": _RETURN}
    _act(draft, "review", {"comment": return_} | said)


@verb(app)
def publish(
    draft: _Draft,
    effective: Annotated[str, typer.Option(help="2026-07-01T00:00:00+08:00; now if not said")] = "",
    correction: Annotated[str, typer.Option(metavar="WHY", help="Why it reaches back")] = "",
) -> None:
    """Publish what was approved."""
    body = {"correction_reason": correction} | ({"effective_from": effective} if effective else {})
    path = f"/price-drafts/{part(draft)}/publish"
    answer = api().send("POST", path, book_pb2.PriceBookVersion, body)
    tell(
        answer,
        lambda told: facts(
            ("价目 book", f"{text(told.price_book_code)} v{told.version}"),
            ("生效 effective", moment(told.effective_from)),
            ("内容 content", told.content_hash[:12]),
        ),
    )


@verb(app)
def discard(draft: _Draft) -> None:
    """Give a draft up."""
    _act(draft, "discard")


@verb(app, "import")
def import_file(
    draft: _Draft,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX, or CSV of rates")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove rules that its sheets leave out")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
) -> None:
    """Show what a file changes, and do it as one edit, or nothing when anything is wrong."""
    content, path = read_file(file), f"/price-drafts/{part(draft)}/import"
    query: dict[str, Any] = {"replace": "true"} if replace else {}
    seen = api().send_content(f"{path}/preview", draft_pb2.PriceBookImportPreview, content, **query)
    wrong = bool(seen.message.problems)
    if dry_run or wrong or not asked().as_json:
        tell(seen, _previewed)
    if wrong:
        raise Refused("有问题，什么都没有导入 nothing was imported", "PRICING_IMPORT_WRONG")
    if dry_run:
        return
    query["file_sha256"] = seen.message.file_sha256
    query["draft_revision"] = seen.message.draft_revision
    tell(api().send_content(path, draft_pb2.PriceDraft, content, **query), _card)


def _rule_name(written: str) -> dict[str, str]:
    kind, colon, code = written.partition(":")
    name = f"{_KIND}{kind.upper()}"
    kinds = [value.name for value in book_pb2.PriceRuleKind.DESCRIPTOR.values[1:]]
    if not colon or name not in kinds:
        known = ", ".join(each.removeprefix(_KIND).lower() for each in kinds)
        raise Refused(
            f"{written!r} is no rule: write KIND:CODE, of {known}", "INPUT_PAIR_MALFORMED"
        )
    return {"kind": name, "code": code}


def _act(draft: str, act: str, body: dict[str, Any] | None = None) -> None:
    path = f"/price-drafts/{part(draft)}/{act}"
    tell(api().send("POST", path, draft_pb2.PriceDraft, body), _card)


def _card(draft: draft_pb2.PriceDraft) -> RenderableType:
    base = f"{text(draft.base_price_book_code)} v{draft.base_version}" if draft.base_version else ""
    return facts(
        ("草稿 draft", draft.draft_id),
        ("价目 book", text(draft.price_book_code)),
        ("标题 title", text(draft.title)),
        ("基于 base", base),
        ("状态 state", state(draft)),
        ("改动 changes", str(draft.changed_rules)),
        ("内容 content", draft.content_hash[:12]),
        ("修订 revision", str(draft.revision)),
        ("送审 submitted", f"{moment(draft.submitted_at)} {draft.submitted_by_person_id}".strip()),
        ("审核 reviewed", f"{moment(draft.reviewed_at)} {draft.reviewed_by_person_id}".strip()),
        ("意见 comment", text(draft.review_comment)),
        ("须总部批 needs headquarters", "是 yes" if draft.needs_headquarters else ""),
        ("已被超过 base moved", "是 yes: rebase" if draft.base_moved else ""),
        ("发布为 published as", f"v{draft.published_version}" if draft.published_version else ""),
    )


def _listed(told: draft_pb2.ListPriceDraftsResponse) -> RenderableType:
    rows = table("草稿 draft", "价目 book", "标题 title", "状态 state", "新建 created", "by")
    for draft in told.drafts:
        rows.add_row(
            draft.draft_id,
            text(draft.price_book_code),
            text(draft.title),
            state(draft),
            moment(draft.created_at),
            text(draft.created_by_person_id),
        )
    return rows


def _shown(told: draft_pb2.PriceDraftContent) -> list[RenderableType]:
    rows = table("类别 kind", "规则 rule", "变化 change", "第几次编辑 edit")
    for rule in told.rules:
        edit = str(rule.edit_number) if rule.edit_number else ""
        rows.add_row(state(rule.name, "kind"), text(rule.name.code), state(rule, "change"), edit)
    more = ["[dim]… 还有 more: compare --out FILE.xlsx[/]"] if told.page.next_page_token else []
    return [_card(told.draft), rows, *more]


def _rebased(told: draft_pb2.PriceDraftRebased) -> list[RenderableType]:
    rows = table("类别 kind", "双方都改 both changed")
    for conflict in told.conflicts:
        rows.add_row(state(conflict.name, "kind"), text(conflict.name.code))
    return [_card(told.draft), rows]


def _previewed(told: draft_pb2.PriceBookImportPreview) -> list[RenderableType]:
    shown: list[RenderableType] = []
    if told.problems:
        shown.append(problem_table(list(told.problems)))
    rows = table("类别 kind", "规则 rule", "变化 change", "字段 field", "之前 before", "之后 after")
    for one in told.differences[:_MOST_SHOWN]:
        head = (state(one.name, "kind"), text(one.name.code), state(one, "change"))
        for field in one.fields:
            rows.add_row(*head, field.field, text(field.before), text(field.after))
            head = ("", "", "")
    if told.differences:
        shown.append(rows)
    shown.append(
        f"新增 added {told.added} · 修改 changed {told.changed} · 删除 removed {told.removed}"
        f" · 不变 unchanged {told.unchanged}"
    )
    return shown
