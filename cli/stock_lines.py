"""Parts as people type them: PART-1=2, or with serial numbers PART-2=SN1,SN2."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer

from kit.errors import InvalidArgument
from kit.money import Money

Lines: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="ITEM=QUANTITY…", help="PART-1=2, or serial numbers: PART-2=SN1,SN2"),
]
Why: TypeAlias = Annotated[str, typer.Option("--reason", help="Why; stands in the ledger")]


def lines_of(written: list[str]) -> list[dict[str, Any]]:
    """Each part as a line of a request."""
    return [line_of(each) for each in written]


def line_of(written: str) -> dict[str, Any]:
    """One part: a code, and how many or which."""
    code, equals, what = written.partition("=")
    if not equals or not what:
        raise typer.BadParameter(f"{written!r}: write ITEM=QUANTITY, or ITEM=SERIAL,SERIAL")
    if what.isdecimal():
        return {"item_code": code, "quantity": int(what)}
    serials = what.split(",")
    return {"item_code": code, "quantity": len(serials), "serial_numbers": serials}


def receipt_of(written: str, currency: str) -> dict[str, Any]:
    """One part that comes in, with what one costs after an @."""
    parts, at, cost = written.partition("@")
    if not at:
        return line_of(parts)
    try:
        money = Money.of(currency, cost)
    except InvalidArgument as error:
        raise typer.BadParameter(f"{written!r}: {error.message}") from error
    unit_cost = {"currency": money.currency, "amount_minor": money.amount_minor}
    return line_of(parts) | {"unit_cost": unit_cost}
