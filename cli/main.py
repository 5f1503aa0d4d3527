"""The `gongdan` command: one file a noun, everything over HTTP to the gateway."""

from __future__ import annotations

from typing import Final

import typer

from cli import (
    adjustment,
    anomaly,
    appointment,
    asset,
    audit,
    build,
    calendar,
    case,
    claim,
    conversion,
    customer,
    day_plan,
    demo,
    department,
    dispatch,
    dispatch_rule,
    earning,
    extra,
    flow,
    holdback,
    inbox,
    incident,
    item,
    ledger,
    maintenance,
    notify,
    on_site,
    outlet,
    payout,
    person,
    place,
    price,
    price_book,
    price_policy,
    quote,
    receipt,
    receivable,
    reconcile,
    registry_file,
    split_rule,
    statement,
    stock,
    tax,
    team,
    technician,
    voucher,
    work_order,
)
from cli.verb import verb

_NOUNS: Final = (
    anomaly, asset, outlet, team, technician,
    flow, case, audit, incident, item, price, price_book, quote, work_order, appointment, maintenance, on_site, extra, stock, dispatch, day_plan, earning, split_rule, payout, adjustment, holdback, statement, tax, conversion, receivable, receipt, claim, reconcile, voucher, ledger, person, department, customer, place, price_policy, notify, calendar, build,
)  # fmt: skip

app = typer.Typer(
    help="Gongdan 工单: the whole service business from the command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _noun in _NOUNS:
    app.add_typer(_noun.app)
app.add_typer(receipt.refunds)
registry_file.add_to(stock.app, "STOCK", goes_out=False)
app.add_typer(dispatch_rule.exclusion)
app.add_typer(dispatch_rule.preference)
verb(app)(inbox.inbox)
app.command()(demo.demo)


def main() -> None:
    """Run the command line."""
    app()
