"""`gongdan price check|what-if`: what a price book's publisher should know before it is published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli.api import Refused, Reply, read_file
from cli.output import money, state, table, tell, text
from cli.verb import api, verb
from protos.common.v1 import money_pb2, place_pb2
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import review_pb2 as pb
from services.gateway.transcoding import to_json

_BAR_COLUMNS: Final = 24
_MOST_SHOWN: Final = 50
_MOST_ORDERS: Final = 10
_PAGE: Final = 200
_SAMPLE: Final = 1_000
#: How the ids of drafts begin.
_DRAFT: Final = "pd_"


class By(StrEnum):
    """What orders are grouped by."""

    CITY = "city"
    OUTLET = "outlet"
    TECHNICIAN = "technician"
    CUSTOMER_LEVEL = "customer-level"
    COOPERATION_MODE = "cooperation-mode"
    SALES_CHANNEL = "sales-channel"
    ITEM = "item"


_Book = Annotated[
    str, typer.Argument(metavar="FILE|BOOK|DRAFT", help="A file, JSON or YAML; or what is kept")
]
_Against = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Of a file: the book that it would replace")
]
_Territory = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Places as the directory resolves them, a list")
]


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    verb(app)(check)
    verb(app, "what-if")(what_if)


def check(
    book: _Book,
    against: _Against = None,
    territory: _Territory = None,
    limit: Annotated[int, typer.Option(help="By how many per cent a total may change")] = 20,
    days: Annotated[int, typer.Option(help="For how many days it must have prices")] = 366,
    refuse_gaps: Annotated[bool, typer.Option("--refuse-gaps", help="A gap is an error")] = False,
) -> None:
    """Gaps, contradictions, rules that never count, prices nobody can have meant, each with a quote
    that shows it. A file is checked on this machine; no server is asked.

    Ends with 1 when something refuses publishing.
    """
    request = pb.CheckPriceBookRequest(
        days=days, most_change_basis_points=100 * limit, refuse_gaps=refuse_gaps
    )
    if Path(book).is_file():
        from cli.price_review_file import check_file  # noqa: PLC0415 - takes a moment to load

        found = check_file(Path(book), against, territory, request)
    else:
        request.price_book.source.CopyFrom(_source(book))
        request.territory.extend(read_territory(territory))
        found = _every_page(request)
    tell(Reply(to_json(found), found), _findings)
    if found.refusing:
        raise typer.Exit(1)


def what_if(
    book: _Book,
    month: Annotated[str, typer.Option(help="The orders of this month, such as 2026-10")] = "",
    sample: Annotated[int, typer.Option(help="So many made-up orders instead")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed, the same made-up orders")] = 1,
    by: Annotated[By, typer.Option(help="What to group by")] = By.CITY,
    against: _Against = None,
    territory: _Territory = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write a workbook with charts")] = None,
) -> None:
    """What a book would have made of a month's orders, or of made-up ones: who loses, and how much.

    A file is asked on this machine, with made-up orders; no server is asked.
    """
    request = pb.PreviewPriceChangeRequest(
        group_by=pb.PriceChangeGrouping.Value(f"PRICE_CHANGE_GROUPING_{by.name}")
    )
    if month:
        request.month = month
    else:
        request.sample.orders, request.sample.seed = sample or _SAMPLE, seed
    if Path(book).is_file():
        from cli.price_review_file import change_file, workbook  # noqa: PLC0415 - takes a moment

        change = change_file(Path(book), against, territory, request)
        content = workbook(change) if xlsx else b""
    else:
        request.price_book.source.CopyFrom(_source(book))
        request.territory.extend(read_territory(territory))
        body = to_json(request)
        told = api().compute("/price-reviews/change", body)
        change = json_format.Parse(told, pb.PriceChange(), ignore_unknown_fields=True)
        content = api().compute("/price-reviews/change.xlsx", body) if xlsx else b""
    tell(Reply(to_json(change), change), _change)
    if xlsx:
        try:
            xlsx.write_bytes(content)
        except OSError as error:
            raise Refused(f"{xlsx}: {error}", "PRICING_FILE_UNWRITABLE") from error


def read_territory(file: Path | None) -> list[place_pb2.Place]:
    """The places that a file lists.

    Raises:
        Refused: ``PRICING_FILE_MALFORMED``.
    """
    if file is None:
        return []
    try:
        listed = json.loads(read_file(file))
        return [json_format.ParseDict(each, place_pb2.Place()) for each in listed]
    except (ValueError, TypeError, json_format.ParseError) as error:
        raise Refused(f"{file}: {error}", "PRICING_FILE_MALFORMED") from error


def _source(book: str) -> book_pb2.PriceBookSource:
    if book.startswith(_DRAFT):
        return book_pb2.PriceBookSource(draft_id=book)
    return book_pb2.PriceBookSource(price_book_code=book)


def _every_page(request: pb.CheckPriceBookRequest) -> pb.CheckPriceBookResponse:
    whole = pb.CheckPriceBookResponse()
    request.page.page_size = _PAGE
    while True:
        told = api().compute("/price-reviews/check", to_json(request))
        page = json_format.Parse(told, pb.CheckPriceBookResponse(), ignore_unknown_fields=True)
        whole.MergeFrom(pb.CheckPriceBookResponse(findings=page.findings))
        whole.refusing, whole.to_acknowledge = page.refusing, page.to_acknowledge
        whole.told = page.told
        request.page.page_token = page.page.next_page_token
        if not request.page.page_token:
            return whole


def _findings(found: pb.CheckPriceBookResponse) -> list[RenderableType]:
    rows = table("", "编码 code", "发现 finding", "示例 example", "total")
    for each in found.findings[:_MOST_SHOWN]:
        rows.add_row(
            state(each, "severity"),
            each.code,
            f"{text(each.message)}\n[dim]{text(each.message_en)}[/]",
            text(_asked(each.example)),
            _answered(each.example),
        )
    more = len(found.findings) - _MOST_SHOWN
    counted = (
        f"拒绝发布 refusing {found.refusing}，须说明 to acknowledge {found.to_acknowledge}，"
        f"提示 told {found.told}"
    )
    rest = [f"[dim]… 另有 {more} 条 more, see --json[/]"] if more > 0 else []
    return [rows, *rest, counted]


def _asked(example: pb.PriceFindingExample) -> str:
    """The question in a line: 「AC-STD × 2 @110105 tier1」."""
    facts = example.facts
    lines = " + ".join(f"{line.item_code} × {line.quantity}" for line in facts.lines)
    if not lines:
        return ""
    said = (facts.place.city_tier, facts.cooperation_mode, facts.customer_level, facts.urgency)
    where = " ".join(filter(None, (*facts.place.zone_codes, facts.place.adcode)))
    return " ".join(filter(None, (lines, f"@{where}", *said, example.inputs.day)))


def _answered(example: pb.PriceFindingExample) -> str:
    after = money(example.after.total) or example.refused_after
    before = money(example.before.total) or example.refused_before
    return f"{before} → {after}" if before else after


def _change(change: pb.PriceChange) -> list[RenderableType]:
    rows = table(
        "分组 group", "#", "总价 total", "结算价 settlement", "毛利 margin", "", "涨/降/少得/无价"
    )
    widest = max((abs(_less(row)) for row in change.groups), default=0) or 1
    for row in [*change.groups[:_MOST_SHOWN], *change.totals]:
        is_total = row in change.totals and not row.group
        rows.add_row(
            "[bold]合计 all[/]" if is_total else text(row.group or "—"),
            str(row.orders),
            _difference(row.total_before, row.total_after),
            _difference(row.settlement_before, row.settlement_after),
            _difference(row.margin_before, row.margin_after),
            "" if is_total else _bar(_less(row), widest),
            f"{row.dearer}/{row.cheaper}/{row.earning_less}/{row.unpriced}",
        )
    stretches = table("总价变化 change", "#", "", title="分布 distribution")
    most = max((each.orders for each in change.distribution), default=0) or 1
    for each in change.distribution:
        if each.orders:
            stretches.add_row(_stretch(each), str(each.orders), _bar(each.orders, most))
    shown: list[RenderableType] = [rows, stretches]
    shown += [_orders(each, title) for title, each in _named(change) if each]
    if change.shortened:
        shown.append("[dim]订单过多，只看了一部分 only the first of many orders were looked at[/]")
    return shown


def _named(change: pb.PriceChange) -> Iterable[tuple[str, Sequence[pb.PriceChangeOrder]]]:
    yield "涨价最多 dearest", change.dearest
    yield "降价最多 cheapest", change.cheapest
    yield "草稿中无价 unpriced in the draft", change.unpriced


def _orders(orders: Sequence[pb.PriceChangeOrder], title: str) -> RenderableType:
    rows = table("报价 quote", "分组 group", "总价 total", "原因 reason", title=title)
    for each in orders[:_MOST_ORDERS]:
        rows.add_row(
            text(each.order_id),
            text(each.group),
            f"{money(each.total_before)} → {money(each.total_after)}",
            each.refused,
        )
    return rows


def _less(row: pb.PriceChangeRow) -> int:
    return row.settlement_after.amount_minor - row.settlement_before.amount_minor


def _difference(before: money_pb2.Money, after: money_pb2.Money) -> str:
    changed = after.amount_minor - before.amount_minor
    more = money(money_pb2.Money(currency=after.currency, amount_minor=changed))
    return f"{money(after)} ({'+' if changed > 0 else ''}{more})" if changed else money(after)


def _bar(value: int, widest: int) -> str:
    filled = -(-abs(value) * _BAR_COLUMNS // widest)
    return f"[{'red' if value < 0 else 'cyan'}]{'█' * filled}[/]"


def _stretch(stretch: pb.PriceChangeStretch) -> str:
    ends = [
        f"{stretch.least_basis_points / 100:+g}%" if stretch.HasField("least_basis_points") else "",
        f"{stretch.most_basis_points / 100:+g}%" if stretch.HasField("most_basis_points") else "",
    ]
    return ends[0] if ends[0] == ends[1] else " … ".join(ends).strip()
