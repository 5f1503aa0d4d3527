"""`gongdan tax`: who is withheld from, by which tables, and what was."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.amounts import amount_of
from cli.api import Refused, part
from cli.output import facts, moment, money, screen, state, table, tell, text
from cli.pages import everything
from cli.values import read_object
from cli.verb import api, noun, verb
from protos.settlement.v1 import tax_pb2
from services.gateway.words import word

app = noun("tax", "Tax 税务: payee profiles, tables, estimates, what was withheld.")
_profile = noun("profile", "Payee profiles 税务身份: dated, versioned.")
_table = noun("table", "Tax tables 预扣率表: put by one, approved by another.")
app.add_typer(_profile)
app.add_typer(_table)

_Payee = Annotated[str, typer.Argument(metavar="PAYEE")]
_Party = Annotated[
    str, typer.Option("--party", help="technician, team, outlet, agent or franchisee")
]
_Year = Annotated[int, typer.Option(help="This one")]


class Kind(StrEnum):
    """What a payee is to the tax office."""

    EMPLOYEE = "employee"
    LABOUR_SERVICE = "labour_service"
    PLATFORM_WORKER = "platform_worker"
    SOLE_TRADER = "sole_trader"
    COMPANY = "company"


@verb(_profile, "put")
def put_profile(
    kind: Annotated[Kind, typer.Argument(help="What the payee is to the tax office")],
    reason: Annotated[str, typer.Option(help="Such as the contract it follows from")],
    payee: Annotated[
        str, typer.Option(help="Nothing: all of the party kind without one of their own")
    ] = "",
    party: _Party = "technician",
    start: Annotated[str, typer.Option("--from", help="2026-03-01; today")] = "",
    vat: Annotated[str, typer.Option(help="In what is invoiced: 0.06")] = "",
    identity: Annotated[str, typer.Option(help="pd_… of the directory")] = "",
) -> None:
    """Put the next version of a payee's profile."""
    body = {
        "party_kind": party,
        "payee_id": payee,
        "profile_kind": f"PROFILE_KIND_{kind.name}",
        "valid_from": start,
        "vat_ratio": vat,
        "identity_reference": identity,
        "reason": reason,
    }
    put = api().send("POST", "/tax/payee-profiles", tax_pb2.PayeeProfile, body)
    tell(put, lambda made: _profiles([made]))


@verb(_profile, "show")
def show_profile(
    payee: _Payee,
    party: _Party = "technician",
    on: Annotated[str, typer.Option(help="Of this day; today")] = "",
) -> None:
    """The profile that counts for a payee."""
    query = {"payee_id": payee, "party_kind": party, "on": on}
    found = api().get("/tax/payee-profiles/at", tax_pb2.PayeeProfile, **query)
    tell(found, lambda made: _profiles([made]))


@verb(_profile, "list")
def list_profiles(
    payee: Annotated[str, typer.Option(help="Only this payee's")] = "",
    party: Annotated[str, typer.Option("--party", help="Only of this party kind")] = "",
) -> None:
    """Every version, by payee."""
    query = {"payee_id": payee, "party_kind": party}
    found = everything(
        "/tax/payee-profiles", tax_pb2.ListPayeeProfilesResponse, "payee_profiles", query
    )
    tell(found, lambda answer: _profiles(answer.payee_profiles))


@verb(_table, "put")
def put_table(
    file: Annotated[
        Path, typer.Argument(help="A tax table as JSON, as `table list --json` has it")
    ],
) -> None:
    """Put a tax table; it counts once somebody else has approved it."""
    put = api().send("POST", "/tax/tables", tax_pb2.TaxTable, read_object(file))
    tell(put, lambda made: _tables([made]))


@verb(_table)
def approve(table_id: Annotated[str, typer.Argument(metavar="TABLE")]) -> None:
    """Say that a table somebody else put is right."""
    path = f"/tax/tables/{part(table_id)}/approve"
    tell(api().send("POST", path, tax_pb2.TaxTable), lambda made: _tables([made]))


@verb(_table, "list")
def list_tables() -> None:
    """Tables, the last put first, bracket by bracket."""
    found = everything("/tax/tables", tax_pb2.ListTaxTablesResponse, "tax_tables", {})
    tell(found, lambda answer: _tables(answer.tax_tables))


@verb(app)
def estimate(
    technician: Annotated[str, typer.Argument(metavar="TECHNICIAN")],
    amount: Annotated[str, typer.Argument(help="Such as 5000 or 1234.56")],
) -> None:
    """What would be left of an amount if it were paid by itself now: an estimate 预估."""
    body = {"technician_id": technician, "amount": amount_of(amount)}
    tell(api().send("POST", "/tax/estimate", tax_pb2.NetEstimate, body), estimate_shown)


@verb(app)
def withholdings(payee: _Payee, year: _Year = 0) -> None:
    """What was withheld from a payee in a year, the newest first."""
    query = {"payee_id": payee, "year": year}
    found = everything("/tax/withholdings", tax_pb2.ListWithholdingsResponse, "withholdings", query)

    def shown(answer: tax_pb2.ListWithholdingsResponse) -> RenderableType:
        rows = table("paid on", "document", "profile", "gross", "amount", "net", "why")
        for each in answer.withholdings:
            rows.add_row(
                each.paid_on,
                f"{each.document_kind} {each.document_id}",
                state(each, "profile_kind"),
                money(each.gross),
                money(each.tax),
                money(each.net),
                text(each.reason or "；".join(step.chinese for step in each.steps)),
            )
        return rows

    tell(found, shown)


@verb(app)
def annual(
    year: _Year = 0,
    payee: Annotated[str, typer.Option(help="Only of this one")] = "",
    by_month: Annotated[bool, typer.Option("--by-month", help="A row a month")] = False,
    out: Annotated[Path | None, typer.Option(help="Write it into this .xlsx or .csv")] = None,
) -> None:
    """What each payee was paid and withheld in a year, for the declaration 扣缴申报."""
    query: dict[str, Any] = {"year": year, "payee_id": payee, "by_month": by_month and "true"}
    if out is not None:
        if out.suffix not in (".xlsx", ".csv"):
            raise Refused(f"{out} must end in .xlsx or .csv", "INPUT_FILE_ENDING_UNKNOWN")
        wanted = {name: value for name, value in query.items() if value}
        out.write_bytes(api().content(f"/exports/tax-totals{out.suffix}", **wanted))
        screen(errors=True).print(f"written: {out}")
        return
    found = everything("/tax/totals", tax_pb2.ListTaxTotalsResponse, "totals", query)

    def shown(answer: tax_pb2.ListTaxTotalsResponse) -> RenderableType:
        rows = table("period", "payee", "profile", "payments", "gross", "amount", "net")
        for each in answer.totals:
            rows.add_row(
                f"{each.year}-{each.month:02d}" if each.month else str(each.year),
                f"{word(each.party_kind)} {each.payee_id}",
                state(each, "profile_kind"),
                str(each.payment_count),
                money(each.gross),
                money(each.tax),
                money(each.net),
            )
        return rows

    tell(found, shown)


def estimate_shown(made: tax_pb2.NetEstimate) -> list[RenderableType]:
    """An estimate line by line."""
    head = facts(
        ("税务身份 profile", state(made, "profile_kind")),
        ("税前 gross", money(made.gross)),
        ("预估税额 tax, estimated", money(made.tax)),
        ("预估到手 net, estimated", f"[bold]{money(made.net)}[/]"),
        ("发票 invoice", "凭发票付款 needed" if made.needs_invoice else ""),
    )
    rows = table("步骤", "step", "amount")
    for step in made.steps:
        rows.add_row(text(step.chinese), text(step.english), money(step.amount))
    return [head, rows]


def _profiles(profiles: Iterable[tax_pb2.PayeeProfile]) -> RenderableType:
    rows = table("party", "payee", "version", "from", "profile", "VAT", "by", "when", "why")
    for each in profiles:
        rows.add_row(
            word(each.party_kind),
            each.payee_id or "[dim]其余 all others[/]",
            str(each.version),
            each.valid_from,
            state(each, "profile_kind"),
            each.vat_ratio,
            each.put_by_person_id,
            moment(each.put_at),
            text(each.reason),
        )
    return rows


def _tables(tables: Iterable[tax_pb2.TaxTable]) -> RenderableType:
    rows = table("table", "profile", "from", "span", "brackets", "put by", "approved by", "source")
    for each in tables:
        rows.add_row(
            each.tax_table_id,
            state(each, "profile_kind"),
            each.valid_from,
            state(each, "span"),
            " ".join(bracket.ratio for bracket in each.brackets),
            each.put_by_person_id,
            each.approved_by_person_id or "[yellow]待审 not yet[/]",
            text(each.source),
        )
    return rows
