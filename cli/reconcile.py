"""`gongdan reconcile`: somebody else's bill beside our books, until both agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import Refused, part, read_file
from cli.output import facts, moment, money, state, table, tell, text
from cli.receivable import payer_of
from cli.verb import api, asked, noun, verb
from protos.settlement.v1 import reconciliation_pb2 as pb
from services.gateway.words import word

app = noun("reconcile", "Reconciliation 对账: bills of shops and channels beside the books.")
formats = noun("format", "How a channel's bill is read: mapped once, remembered by its headings.")
app.add_typer(formats)

_Bill = Annotated[str, typer.Argument(metavar="BILL", help="cb_…")]
_Discrepancy = Annotated[str, typer.Argument(metavar="DISCREPANCY", help="dc_…")]


@verb(formats, "list")
def list_formats() -> None:
    """Formats, and the heading of each of their fields."""

    def shown(answer: pb.ListBillFormatsResponse) -> RenderableType:
        rows = table("format", "channel", "currency", "columns")
        for each in answer.bill_formats:
            columns = "、".join(f"{one.heading}={one.field}" for one in each.columns)
            named = f"{each.bill_format_code} v{each.version}"
            rows.add_row(named, each.channel_code, each.currency, text(columns))
        return rows

    tell(api().get("/bill-formats", pb.ListBillFormatsResponse), shown)


@verb(formats)
def put(
    code: Annotated[str, typer.Argument(help="Such as icbc-day")],
    channel: Annotated[str, typer.Option(help="Whose bill it is, such as bank")],
    column: Annotated[
        list[str],
        typer.Option(
            help="FIELD=HEADING; fields: channel_number, own_number, order_number, occurred_at,"
            " amount, refund_amount, fee, way, currency"
        ),
    ],
    time: Annotated[list[str], typer.Option(help='Such as "%Y-%m-%d %H:%M:%S"')],
    way: Annotated[list[str] | None, typer.Option(help="VALUE=in, out or none")] = None,
    ends_at: Annotated[
        list[str] | None, typer.Option(help="How the row after the last line begins")
    ] = None,
    minor: Annotated[bool, typer.Option("--minor", help="Amounts are whole fen")] = False,
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """Say how a channel's bill is read."""
    body = {
        "channel_code": channel,
        "columns": [{"field": field, "heading": heading} for field, heading in map(_pair, column)],
        "ways": [{"value": value, "way": meant} for value, meant in map(_pair, way or [])],
        "in_minor_units": minor,
        "times": time,
        "currency": currency,
        "ends_at": ends_at or [],
    }
    path = f"/bill-formats/{part(code)}"
    tell(
        api().send("PUT", path, pb.BillFormat, body),
        lambda each: f"{each.bill_format_code} v{each.version}",
    )


@verb(app, "import")
def import_bill(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV")],
    by: Annotated[str, typer.Option("--format", help="Otherwise the one used last")] = "",
    first_day: Annotated[str, typer.Option(help="Otherwise the first line's")] = "",
    last_day: Annotated[str, typer.Option(help="Otherwise the last line's")] = "",
    tolerance: Annotated[int, typer.Option(help="What equal numbers may differ by, in fen")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look")] = False,
) -> None:
    """Take in a bill, and compare it with the books; what it says is shown first."""
    content = read_file(file)
    seen = api().send_content(
        "/channel-bills/preview", pb.ChannelBillPreview, content, bill_format_code=by
    )
    told = seen.message
    if dry_run or not asked().as_json:
        tell(seen, _preview)
    if not told.bill_format_code:
        raise Refused(
            "还没有这种表头的账单格式 no format for these headings: gongdan reconcile format put",
            "SETTLEMENT_BILL_FORMAT_UNKNOWN",
        )
    if told.problems:
        raise Refused("有问题，什么都没有导入 nothing was imported", "IMPORT_WRONG")
    if dry_run:
        return
    done = api().send_content(
        "/channel-bills",
        pb.ChannelBill,
        content,
        bill_format_code=told.bill_format_code,
        file_sha256=told.file_sha256,
        first_day=first_day,
        last_day=last_day,
        tolerance_minor=tolerance,
    )
    tell(done, _card)


@verb(app)
def bills(
    channel: Annotated[str, typer.Option(help="Only of this channel")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only what is not closed")] = False,
) -> None:
    """Bills, the newest first."""

    def shown(answer: pb.ListChannelBillsResponse) -> RenderableType:
        rows = table("bill", "channel", "days", "lines", "agree", "to confirm", "open", "closed")
        for each in answer.channel_bills:
            rows.add_row(
                each.channel_bill_id,
                each.channel_code,
                _days(each),
                str(each.line_count),
                str(each.match_count),
                str(each.unconfirmed_count or ""),
                str(each.open_discrepancy_count + each.proposed_discrepancy_count or ""),
                moment(each.closed_at),
            )
        return rows

    query = {"channel_code": channel, "open": open_only}
    tell(api().get("/channel-bills", pb.ListChannelBillsResponse, **query), shown)


@verb(app)
def show(bill: _Bill) -> None:
    """How far a bill is resolved."""
    tell(api().get(f"/channel-bills/{part(bill)}", pb.ChannelBill), _card)


@verb(app)
def matches(
    bill: _Bill,
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="Only what waits")] = False,
) -> None:
    """What agrees, and by what."""

    def shown(answer: pb.ListBillMatchesResponse) -> RenderableType:
        rows = table("#", "by", "bill", "books", "amount", "apart", "confirmed")
        for each in answer.bill_matches:
            total = sum(line.amount.amount_minor for line in each.lines)
            apart = money(each.difference) if each.difference.amount_minor else ""
            rows.add_row(
                str(each.match_number),
                word(each.matched_by),
                "\n".join(_line(line) for line in each.lines),
                "\n".join(_entry(entry) for entry in each.entries),
                money(type(each.difference)(currency=each.difference.currency, amount_minor=total)),
                apart,
                each.confirmed_by_person_id,
            )
        return rows

    path = f"/channel-bills/{part(bill)}/matches"
    tell(api().get(path, pb.ListBillMatchesResponse, unconfirmed=unconfirmed), shown)


@verb(app)
def confirm(
    bill: _Bill,
    match: Annotated[list[int] | None, typer.Option(help="Otherwise all that wait")] = None,
) -> None:
    """What is likely by amount and time is so."""
    path = f"/channel-bills/{part(bill)}/matches/confirm"
    tell(api().send("POST", path, pb.ChannelBill, {"match_numbers": match or []}), _card)


@verb(app)
def again(bill: _Bill) -> None:
    """Compare again what nobody spoke of, after something was booked."""
    tell(api().send("POST", f"/channel-bills/{part(bill)}/compare", pb.ChannelBill), _card)


@verb(app)
def close(bill: _Bill) -> None:
    """Everything is resolved: book what the channel kept, and close."""
    tell(api().send("POST", f"/channel-bills/{part(bill)}/close", pb.ChannelBill), _card)


@verb(app)
def discrepancies(
    bill: Annotated[str, typer.Option(help="Only of this bill")] = "",
    of_state: Annotated[str, typer.Option("--state", help="open, proposed or resolved")] = "",
    kind: Annotated[str, typer.Option(help="Such as only_in_bill")] = "",
) -> None:
    """What does not agree, why, and what would put it right."""

    def shown(answer: pb.ListDiscrepanciesResponse) -> RenderableType:
        rows = table("discrepancy", "what", "bill", "books", "why", "proposed", "state", "amount")
        for each in answer.discrepancies:
            rows.add_row(
                each.discrepancy_id,
                word(each.discrepancy_kind),
                "\n".join(_line(line) for line in each.lines),
                "\n".join(_entry(entry) for entry in each.entries),
                text(each.chinese),
                word(each.correction or each.proposed_correction),
                state(each),
                money(each.difference),
            )
        return rows

    query = {
        "channel_bill_id": bill,
        "state": f"DISCREPANCY_STATE_{of_state.upper()}" if of_state else "",
        "discrepancy_kind": kind,
    }
    tell(api().get("/discrepancies", pb.ListDiscrepanciesResponse, **query), shown)


@verb(app)
def correct(
    discrepancy: _Discrepancy,
    correction: Annotated[str, typer.Argument(help="book, reverse, suspend or none")],
    reason: Annotated[str, typer.Option(help="What it is")],
    payer: Annotated[str, typer.Option(help="Whose money is booked, such as customer:cu_…")] = "",
) -> None:
    """Choose what puts it right; what moves money waits for another person."""
    body: dict[str, Any] = {"correction": correction, "reason": reason}
    body |= payer_of(payer) if payer else {}
    path = f"/discrepancies/{part(discrepancy)}/correction"
    tell(api().send("POST", path, pb.Discrepancy, body), _discrepancy)


@verb(app)
def approve(discrepancy: _Discrepancy) -> None:
    """Allow a correction that another chose; it is booked."""
    path = f"/discrepancies/{part(discrepancy)}/decide"
    tell(api().send("POST", path, pb.Discrepancy, {"approve": True}), _discrepancy)


@verb(app)
def reject(discrepancy: _Discrepancy) -> None:
    """Refuse a correction that another chose; the discrepancy is open again."""
    path = f"/discrepancies/{part(discrepancy)}/decide"
    tell(api().send("POST", path, pb.Discrepancy, {"approve": False}), _discrepancy)


def _pair(written: str) -> tuple[str, str]:
    left, equals, right = written.partition("=")
    if not equals or not left or not right:
        raise Refused(f"write {json.dumps(written, ensure_ascii=False)} as A=B", "INPUT_INVALID")
    return left, right


def _days(each: pb.ChannelBill) -> str:
    return (
        each.first_day if each.first_day == each.last_day else f"{each.first_day}…{each.last_day}"
    )


def _line(line: pb.ChannelBillLine) -> str:
    number = line.channel_number or line.own_number or line.order_number
    return f"{line.row_number}: {text(number)} {money(line.amount)} {moment(line.occurred_at)}"


def _entry(entry: pb.BookedEntry) -> str:
    return f"{entry.document_id} {money(entry.amount)} {moment(entry.occurred_at)}"


def _preview(told: pb.ChannelBillPreview) -> list[RenderableType]:
    head = facts(
        ("format", told.bill_format_code),
        ("headings", text("、".join(told.headings))),
        ("lines", str(told.line_count or "")),
        ("from", moment(told.first_at)),
        ("to", moment(told.last_at)),
        ("in", money(told.total_in)),
        ("out", money(told.total_out)),
        ("fees", money(told.fees)),
        ("agree", str(told.match_count or "")),
        ("do not agree", str(told.discrepancy_count or "")),
    )
    rows = table("row", "column", "problem")
    for one in told.problems:
        rows.add_row(str(one.row_number), text(one.heading), text(f"{one.chinese} {one.english}"))
    return [head, rows] if told.problems else [head]


def _card(each: pb.ChannelBill) -> list[RenderableType]:
    head = facts(
        ("bill", each.channel_bill_id),
        ("channel", each.channel_code),
        ("days", _days(each)),
        ("format", each.bill_format_code),
        ("imported", f"{moment(each.imported_at)} {each.imported_by_person_id}"),
        ("lines", str(each.line_count)),
        ("agree 相符", str(each.match_count)),
        ("to confirm 待确认", str(each.unconfirmed_count or "")),
        ("open 待处理", str(each.open_discrepancy_count or "")),
        ("proposed 待复核", str(each.proposed_discrepancy_count or "")),
        ("resolved 已处理", str(each.resolved_discrepancy_count or "")),
        ("closed", f"{moment(each.closed_at)} {each.closed_by_person_id}".strip()),
    )
    rows = table("in 收", "out 付", "fees 手续费", "unresolved 未处理")
    for total in each.totals:
        into = getattr(total, "in")
        rows.add_row(money(into), money(total.out), money(total.fees), money(total.unresolved))
    return [head, rows]


def _discrepancy(each: pb.Discrepancy) -> RenderableType:
    return facts(
        ("discrepancy", each.discrepancy_id),
        ("what", word(each.discrepancy_kind)),
        ("apart", money(each.difference)),
        ("why", text(each.chinese)),
        ("state", state(each)),
        ("correction", word(each.correction)),
        ("reason", text(each.reason)),
        ("chosen by", each.chosen_by_person_id),
        ("resolved by", f"{each.resolved_by_person_id} {moment(each.resolved_at)}".strip()),
    )
