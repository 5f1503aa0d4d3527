"""`gongdan outlet`: under which terms outlets work."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli import registry_file
from cli.api import Refused, part
from cli.output import facts, moment, table, tell, text
from cli.pages import everything, first_page
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import registry_pb2

app = noun("outlet", "Outlets 网点: contract, brands, territory, stock, files.")
registry_file.add_to(app, "OUTLETS")

_MISSING = "OUTLET_PROFILE_UNKNOWN"

_Id = Annotated[str, typer.Argument(metavar="OUTLET")]
_Codes = list[str] | None


@verb(app, "list")
def list_outlets(
    words: Annotated[str, typer.Argument(metavar="[WORDS]", help="In the id or the name")] = "",
    brand: Annotated[str, typer.Option(help="Who may work on its products")] = "",
    territory: Annotated[str, typer.Option(help="Who serves this adcode or zone")] = "",
    agent: Annotated[str, typer.Option(help="Whose business this agent brings")] = "",
    over_by: Annotated[str, typer.Option(help="Whose contract is over by this day")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Who may be sent now")] = False,
    all_pages: Annotated[bool, typer.Option("--all", help="Every page")] = False,
) -> None:
    """Outlets' terms by id."""
    query = {
        "text": words,
        "brand_code": brand,
        "territory_code": territory,
        "agent_id": agent,
        "contract_over_by": end(over_by).isoformat() if over_by else "",
        "open_only": "true" if open_only else "",
    }
    read = everything if all_pages else first_page
    found = read(
        "/outlet-profiles", registry_pb2.ListOutletProfilesResponse, "outlet_profiles", query
    )
    tell(found, _listed)


@verb(app)
def show(outlet: _Id) -> None:
    """The terms of one outlet."""
    tell(api().get(f"/outlet-profiles/{part(outlet)}", registry_pb2.OutletProfile), _card)


@verb(app)
def put(
    outlet: _Id,
    name: Annotated[str | None, typer.Option()] = None,
    mode: Annotated[
        _Codes, typer.Option(help="direct, franchise, key_account; may be given again")
    ] = None,
    brand: Annotated[_Codes, typer.Option(help="May be given again; '' for everybody's")] = None,
    territory: Annotated[_Codes, typer.Option(help="Adcode or zone; may be given again")] = None,
    contract: Annotated[str | None, typer.Option(help="Its number")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Contract's first day")] = None,
    to: Annotated[str | None, typer.Option(help="Contract's last day")] = None,
    agent: Annotated[str | None, typer.Option()] = None,
    stock: Annotated[str | None, typer.Option(help="Its stock location")] = None,
) -> None:
    """Create an outlet's terms, or change what is named of them and leave the rest."""
    said: dict[str, Any] = {
        "name": name,
        "cooperation_modes": mode,
        "brand_codes": None if brand is None else list(filter(None, brand)),
        "territory_codes": territory,
        "contract_number": contract,
        "contract_valid_from": instant(start).isoformat() if start else None,
        "contract_valid_until": end(to).isoformat() if to else None,
        "agent_id": agent,
        "stock_location_id": stock,
    }
    _put(outlet, {field: value for field, value in said.items() if value is not None})


@verb(app)
def suspend(outlet: _Id, reason: Annotated[str, typer.Option()]) -> None:
    """Send nobody from an outlet for now, whatever its contract says 暂停派单."""
    _put(outlet, {"suspended": True, "suspend_reason": reason})


@verb(app)
def resume(outlet: _Id) -> None:
    """Let an outlet be sent again 恢复派单."""
    _put(outlet, {"suspended": False, "suspend_reason": ""})


def _put(outlet: str, said: dict[str, Any]) -> None:
    path = f"/outlet-profiles/{part(outlet)}"
    tell(api().send("PUT", path, registry_pb2.OutletProfile, _as_it_is(outlet) | said), _card)


def _as_it_is(outlet: str) -> dict[str, Any]:
    """The terms with their revision, so that nobody's change is overwritten; empty when new."""
    try:
        known = api().get(f"/outlet-profiles/{part(outlet)}", registry_pb2.OutletProfile).message
    except Refused as refused:
        if refused.reason != _MISSING:
            raise
        return {}
    known.ClearField("put_at")
    known.ClearField("put_by_person_id")
    return json_format.MessageToDict(known, preserving_proto_field_name=True)


def _listed(answer: registry_pb2.ListOutletProfilesResponse) -> RenderableType:
    rows = table("outlet", "name", "modes", "brands", "territory", "contract to", "")
    for one in answer.outlet_profiles:
        rows.add_row(
            one.outlet_id,
            text(one.name),
            " ".join(one.cooperation_modes),
            " ".join(one.brand_codes) or "全部 all",
            " ".join(one.territory_codes),
            moment(one.contract_valid_until),
            "[red]暂停 suspended[/]" if one.suspended else "",
        )
    return rows


def _card(one: registry_pb2.OutletProfile) -> RenderableType:
    return facts(
        ("网点 outlet", one.outlet_id),
        ("名称 name", text(one.name)),
        ("合作模式 modes", " ".join(one.cooperation_modes)),
        ("品牌 brands", " ".join(one.brand_codes) or "全部 all"),
        ("服务区域 territory", " ".join(one.territory_codes)),
        ("合同 contract", text(one.contract_number)),
        ("合同起 from", moment(one.contract_valid_from)),
        ("合同止 until", moment(one.contract_valid_until)),
        ("暂停 suspended", text(one.suspend_reason)),
        ("代理商 agent", one.agent_id),
        ("库位 stock", one.stock_location_id),
        ("修订 revision", str(one.revision)),
    )
