"""`gongdan asset code`: what is printed on machines and at shops' doors (报修码)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import Refused, part
from cli.output import facts, moment, screen, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import asset_pb2

app = noun("code", "Scan codes 报修码: issued, printed, ended, resolved.")

_Code = Annotated[str, typer.Argument(metavar="CODE")]


@verb(app)
def issue(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="Which flow scanning it starts")],
    asset: Annotated[str, typer.Option(help="Of this asset …")] = "",
    customer: Annotated[str, typer.Option(help="… or of this customer's place")] = "",
    address: Annotated[str, typer.Option(help="Which of the customer's")] = "",
    name: Annotated[str, typer.Option(help="What the place is called")] = "",
) -> None:
    """Issue a code; the one before of the same asset or place ends."""
    said = {
        "flow_code": flow,
        "asset_id": asset,
        "customer_id": customer,
        "address_id": address,
        "place_name": name,
    }
    body = {field: value for field, value in said.items() if value}
    made = api().send("POST", "/scan-codes", asset_pb2.ScanCode, body)
    tell(made, lambda code: _table([code]))


@verb(app)
def draw(
    code: _Code,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ending in .svg or .png")],
) -> None:
    """Write a code as a picture to be printed."""
    kind = file.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise Refused(f"{file} must end in .svg or .png", "INPUT_FILE_ENDING_UNKNOWN")
    try:
        file.write_bytes(api().content(f"/scan-codes/{part(code)}/picture", kind=kind))
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error}", "INPUT_FILE_UNWRITABLE") from error
    screen(errors=True).print(f"{file}")


@verb(app)
def resolve(code: _Code) -> None:
    """What a code stands for, and which flow it starts."""

    def shown(target: asset_pb2.ScanTarget) -> RenderableType:
        return facts(
            ("流程 flow", target.flow_code),
            ("地点 place", text(target.place_name)),
            ("设备 asset", f"{target.asset_id} {text(target.asset_name)}".strip()),
            ("品牌 brand", text(target.brand)),
            ("型号 model", text(target.model)),
            ("序列号 serial", text(target.serial)),
            ("客户 customer", target.customer_id),
            ("地址 address", target.address_id),
            ("保修 warranty", "保内 in warranty" if target.in_warranty else ""),
        )

    tell(api().get(f"/scan/{part(code)}", asset_pb2.ScanTarget), shown)


@verb(app)
def end(code: _Code, reason: Annotated[str, typer.Option()]) -> None:
    """End a code: it stands for nothing any more."""
    path = f"/scan-codes/{part(code)}/end"
    ended = api().send("POST", path, asset_pb2.ScanCode, {"reason": reason})
    tell(ended, lambda found: _table([found]))


@verb(app, "list")
def list_codes(
    asset: Annotated[str, typer.Option(help="Only of this asset")] = "",
    customer: Annotated[str, typer.Option(help="Only of this customer's places")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended, too")] = False,
) -> None:
    """Codes, the newest first."""
    query = {
        "asset_id": asset,
        "customer_id": customer,
        "include_ended": "true" if ended else "",
    }
    found = first_page("/scan-codes", asset_pb2.ListScanCodesResponse, "scan_codes", query)
    tell(found, lambda answer: _table(answer.scan_codes))


def _table(codes: Iterable[asset_pb2.ScanCode]) -> RenderableType:
    rows = table("code", "asset or customer", "place", "flow", "issued", "ended")
    for code in codes:
        rows.add_row(
            code.scan_code,
            code.asset_id or code.customer_id,
            text(code.place_name),
            code.flow_code,
            moment(code.issued_at),
            text(code.end_reason),
        )
    return rows
