"""`gongdan customer address`: where a customer is served."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import part
from cli.customer_card import profile_card
from cli.output import facts, place, tell, text
from cli.verb import api, noun, verb
from protos.directory.v1 import customer_pb2, directory_pb2

app = noun("address", "Addresses 地址: one more, another one in its place, or an end of one.")

_Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="ad_…")]
_Detail = Annotated[str, typer.Argument(help="Street, building, unit, room")]
_Adcode = Annotated[str, typer.Option(help="District, such as 110105; '' when the detail says it")]
_Floor = Annotated[int, typer.Option()]


@verb(app)
def add(
    customer: Annotated[str, typer.Argument()],
    detail: _Detail,
    adcode: _Adcode = "",
    floor: _Floor = 0,
) -> None:
    """One more address of a customer."""
    path, body = f"/customers/{part(customer)}/addresses", _address(detail, adcode, floor)
    tell(
        api().send("POST", path, directory_pb2.Address, body),
        lambda made: facts(
            ("address", made.address_id),
            ("detail", text(made.detail_masked)),
            ("place", place(made.place)),
        ),
    )


@verb(app)
def replace(address: _Address, detail: _Detail, adcode: _Adcode = "", floor: _Floor = 0) -> None:
    """Another address in place of this one; work orders keep the one they name."""
    path, body = f"/addresses/{part(address)}/replace", _address(detail, adcode, floor)
    tell(api().send("POST", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def end(address: _Address) -> None:
    """An address has ended."""
    path = f"/addresses/{part(address)}"
    tell(api().send("DELETE", path, customer_pb2.CustomerProfile), profile_card)


def _address(detail: str, adcode: str, floor: int) -> dict[str, Any]:
    return {"detail": detail, "adcode": adcode, "floor": floor}
