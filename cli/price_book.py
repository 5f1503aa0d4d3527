"""`gongdan price-book`: price books, their versions, what differs between two, drafts of them, and who may price locally."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli import price_delegation, price_draft
from cli.api import Refused, part
from cli.output import facts, moment, money, screen, state, table, tell, text
from cli.pages import everything, first_page
from cli.verb import api, noun, verb
from protos.pricing.v1 import book_pb2

app = noun("price-book", "Price books 价目: versions, rates, comparisons, drafts.")
app.add_typer(price_draft.app)
app.add_typer(price_delegation.app)

_FORMATS: Final = {".xlsx": "SHEET_FORMAT_XLSX", ".csv": "SHEET_FORMAT_CSV"}
_Book = Annotated[str, typer.Argument(metavar="BOOK", help="Its code, such as standard")]
_Version = Annotated[int, typer.Option(help="Left out: the newest")]
_All = Annotated[bool, typer.Option("--all", help="Every page, not just the first")]
_OneOf = "BOOK, BOOK@VERSION, or a draft (pd_…)"


@verb(app, "list")
def list_books() -> None:
    """Every book with its newest version."""
    answer = everything("/price-books", book_pb2.ListPriceBooksResponse, "price_books", {})
    tell(answer, lambda told: _versions(told.price_books))


@verb(app)
def versions(
    book: _Book,
    corrections: Annotated[bool, typer.Option(help="Only those that reached back")] = False,
    all_pages: _All = False,
) -> None:
    """The versions of a book, the newest first."""
    read = everything if all_pages else first_page
    query = {"corrections_only": "true" if corrections else ""}
    path = f"/price-books/{part(book)}/versions"
    answer = read(path, book_pb2.ListPriceBookVersionsResponse, "versions", query)
    tell(answer, lambda told: _versions(told.versions))


@verb(app)
def show(
    book: _Book,
    version: _Version = 0,
    item: Annotated[str, typer.Option(help="Only rates of this item")] = "",
    place: Annotated[str, typer.Option(help="Only rates of this place")] = "",
    all_pages: _All = False,
) -> None:
    """The rates of a version."""
    read = everything if all_pages else first_page
    query = {"version": version, "item_code": item, "place_code": place}
    path = f"/price-books/{part(book)}/rates"
    tell(read(path, book_pb2.ListRatesResponse, "rates", query), _rates)


@verb(app)
def compare(
    before: Annotated[str, typer.Argument(help=_OneOf)],
    after: Annotated[str, typer.Argument(help=_OneOf)],
    item: Annotated[str, typer.Option(help="Only rules of this item")] = "",
    place: Annotated[str, typer.Option(help="Only rules of this place")] = "",
    out: Annotated[Path | None, typer.Option(help="Write all of it into this .xlsx")] = None,
) -> None:
    """What differs between two versions or drafts, field by field."""
    body: dict[str, Any] = {
        "before": _source(before),
        "after": _source(after),
        "item_code": item,
        "place_code": place,
    }
    if out is not None:
        write_file(out, api().compute("/price-books/compare/export", body))
        return
    body["page"] = {"page_size": 200}
    answer = api().send("POST", "/price-books/compare", book_pb2.PriceBookComparison, body)
    tell(answer, _compared)


@verb(app)
def export(
    book: Annotated[str, typer.Argument(metavar="BOOK", help=_OneOf)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ending in .xlsx or .csv")],
) -> None:
    """Write a version or a draft into a file that imports again without a change."""
    if file.suffix.lower() not in _FORMATS:
        raise Refused(f"{file} must end in .xlsx or .csv", "INPUT_FILE_ENDING_UNKNOWN")
    source, format_ = _source(book), _FORMATS[file.suffix.lower()]
    if draft := source.get("draft_id"):
        content = api().content(f"/price-drafts/{part(str(draft))}/export", format=format_)
    else:
        path = f"/price-books/{part(str(source['price_book_code']))}/export"
        content = api().content(path, format=format_, version=source["version"])
    write_file(file, content)


def write_file(file: Path, content: bytes) -> None:
    """Write a file, and say so where it is in nobody's way."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error}", "INPUT_FILE_UNWRITABLE") from error
    screen(errors=True).print(f"{file}")


def _source(given: str) -> dict[str, str | int]:
    """``BOOK``, ``BOOK@3`` or a draft's id."""
    if given.startswith("pd_"):
        return {"draft_id": given}
    book, _, version = given.partition("@")
    if version and not version.isdecimal():
        raise Refused(f"{given!r}: write {_OneOf}", "INPUT_PAIR_MALFORMED")
    return {"price_book_code": book, "version": int(version or 0)}


def _versions(told: Any) -> RenderableType:
    rows = table(
        "价目 book", "#", "生效 effective", "发布 published", "发布人 by", "更正 correction"
    )
    for version in told:
        rows.add_row(
            text(version.price_book_code),
            str(version.version),
            moment(version.effective_from),
            moment(version.published_at),
            text(version.published_by_person_id),
            text(version.correction_reason),
        )
    return rows


def _rates(told: book_pb2.ListRatesResponse) -> list[RenderableType]:
    rows = table("费率 rate", "标价 list price", "结算价 settlement price")
    for rate in told.rates:
        rows.add_row(text(rate.rate_id), money(rate.list_price), money(rate.settlement_price))
    more = "[dim]… 还有 more: --all[/]" if told.page.next_page_token else ""
    return [rows, more] if more else [rows]


def _compared(told: book_pb2.PriceBookComparison) -> list[RenderableType]:
    rows = table(
        "类别 kind", "规则 rule", "变化 change", "字段 field", "之前 before", "之后 after", "%"
    )
    for one in told.differences:
        kind = state(one.name, "kind")
        head = (kind, text(one.name.code), state(one, "change"))
        percent = one.list_price_percent
        for field in one.fields:
            rows.add_row(*head, field.field, text(field.before), text(field.after), percent)
            head, percent = ("", "", ""), ""
    counted = facts(
        ("新增 added", str(told.added)),
        ("修改 changed", str(told.changed)),
        ("删除 removed", str(told.removed)),
    )
    more = "[dim]… 还有，全部用 --out 写入表格 more: --out FILE.xlsx[/]"
    return [rows, counted, more] if told.page.next_page_token else [rows, counted]
