"""`gongdan voucher`: what the ledger did, by subject, for the finance system."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import Refused, part, read_file
from cli.output import moment, money, table, tell, text
from cli.price_book import write_file
from cli.verb import api, noun, verb
from protos.settlement.v1 import voucher_pb2 as pb

app = noun("voucher", "Vouchers 凭证: the ledger handed to the finance system, each transfer once.")
subjects = noun("subject", "Which subject 科目 each account of the ledger is.")
app.add_typer(subjects)

_FIELDS = ("transfer_kind", "party_kind", "account_kind", "subject_code", "subject_name")
_Day = Annotated[str, typer.Argument(metavar="LAST_DAY", help="Such as 2026-10-31")]
_Run = Annotated[int, typer.Argument(metavar="RUN")]


@verb(subjects, "list")
def list_subjects() -> None:
    """Which subject each account is; the more a row says the earlier it decides."""
    tell(api().get("/voucher-subjects", pb.VoucherSubjects), _subjects)


@verb(subjects)
def put(
    file: Annotated[Path, typer.Argument(help="CSV: " + ",".join(_FIELDS))],
) -> None:
    """Say which subject each account is, from a CSV file; all of it, as the next version."""
    written = read_file(file).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written)))
    if not rows or not set(rows[0]) <= set(_FIELDS):
        raise Refused(f"the headings are {','.join(_FIELDS)}", "INPUT_FILE_UNREADABLE")
    body = {"subjects": [{name: row.get(name) or "" for name in _FIELDS} for row in rows]}
    tell(api().send("PUT", "/voucher-subjects", pb.VoucherSubjects, body), _subjects)


@verb(app)
def preview(last_day: _Day = "") -> None:
    """What vouchers would be made up to a day; without one, up to yesterday."""
    query = {"last_day": last_day}
    tell(api().get("/voucher-runs/preview", pb.ListVouchersResponse, **query), _vouchers)


@verb(app)
def make(last_day: _Day = "") -> None:
    """Make vouchers of all up to a day that no run before had."""
    done = api().send("POST", "/voucher-runs", pb.VoucherRun, {"last_day": last_day})
    tell(done, lambda run: _runs([run]))


@verb(app)
def runs() -> None:
    """Runs, the newest first."""
    answer = api().get("/voucher-runs", pb.ListVoucherRunsResponse)
    tell(answer, lambda found: _runs(list(found.voucher_runs)))


@verb(app)
def show(run: _Run) -> None:
    """A run's vouchers, line by line."""
    tell(api().get(f"/voucher-runs/{run}/vouchers", pb.ListVouchersResponse), _vouchers)


@verb(app)
def transfers(
    voucher: Annotated[str, typer.Argument(help="Month and number, such as 2026-10/3")],
) -> None:
    """The transfers that a voucher sums up."""
    month, slash, number = voucher.partition("/")
    if not slash:
        raise Refused("write the voucher as 2026-10/3", "INPUT_INVALID")

    def shown(answer: pb.ListVoucherTransfersResponse) -> RenderableType:
        rows = table("#", "when", "document", "debit 借", "credit 贷", "amount")
        for each in answer.transfers:
            rows.add_row(
                str(each.transfer_number),
                moment(each.effective_at),
                f"{each.document_kind} {each.document_id}",
                each.debit_ledger_account,
                each.credit_ledger_account,
                money(each.amount),
            )
        return rows

    path = f"/vouchers/{part(month)}/{part(number)}/transfers"
    tell(api().get(path, pb.ListVoucherTransfersResponse), shown)


@verb(app)
def export(run: _Run, file: Annotated[Path, typer.Argument(help="Ends in .xlsx or .csv")]) -> None:
    """A run's vouchers as a file for the finance system."""
    write_file(file, api().content(f"/voucher-runs/{run}/file", format=file.suffix.lstrip(".")))


def _subjects(answer: pb.VoucherSubjects) -> RenderableType:
    rows = table("moved for", "party", "account", "code 科目编码", "name 科目名称")
    for each in answer.subjects:
        rows.add_row(
            each.transfer_kind,
            each.party_kind,
            each.account_kind,
            text(each.subject_code),
            text(each.subject_name),
        )
    return rows


def _runs(found: list[pb.VoucherRun]) -> RenderableType:
    rows = table("run", "up to", "vouchers", "transfers", "made", "by")
    for each in found:
        rows.add_row(
            str(each.run_number),
            each.last_day,
            str(each.voucher_count),
            str(each.transfer_count),
            moment(each.made_at),
            each.made_by_person_id,
        )
    return rows


def _vouchers(answer: pb.ListVouchersResponse) -> RenderableType:
    rows = table("voucher", "day", "memo", "subject", "debit 借", "credit 贷")
    for each in answer.vouchers:
        number = f"{each.accounting_month}/{each.voucher_number}" if each.voucher_number else ""
        for place, line in enumerate(each.lines):
            rows.add_row(
                *((number, each.voucher_day, text(each.memo)) if not place else ("", "", "")),
                f"{text(line.subject_code)} {text(line.subject_name)}",
                money(line.debit),
                money(line.credit),
            )
        rows.add_section()
    return rows
