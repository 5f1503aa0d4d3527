"""`gongdan price-policy mode`: one key from daily to 大促, and back by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, table, tell, text
from cli.pages import first_page
from cli.times import instant
from cli.verb import api, noun, verb
from protos.pricing.v1 import policy_pb2

app = noun("mode", "Price modes 价格模式: daily, promotion_season …, switched for a scope.")

_Mode = Annotated[str, typer.Argument(metavar="MODE", help="Such as promotion_season")]
_Switch = Annotated[str, typer.Argument(metavar="SWITCH", help="pm_…")]
_Place = Annotated[str, typer.Option(help="An adcode, a macro-region or a zone; everywhere")]
_Channel = Annotated[str, typer.Option(help="Of this sales channel only")]
_Cooperation = Annotated[str, typer.Option(help="Of this cooperation mode only")]
_Why = Annotated[str, typer.Option("--reason", help="Why; stands in the audit")]


@verb(app, "list")
def list_modes() -> None:
    """All modes."""

    def shown(found: policy_pb2.ListPriceModesResponse) -> RenderableType:
        rows = table("mode", "label")
        for mode in found.price_modes:
            rows.add_row(mode.mode_code, text(mode.label))
        return rows

    tell(api().get("/price-modes", policy_pb2.ListPriceModesResponse), shown)


@verb(app)
def put(mode: _Mode, label: Annotated[str, typer.Argument(help="Such as 大促")]) -> None:
    """Make a mode, or give it another label."""
    kept = api().send("PUT", f"/price-modes/{part(mode)}", policy_pb2.PriceMode, {"label": label})
    tell(kept, lambda made: f"{made.mode_code} {text(made.label)}")


@verb(app)
def switch(
    mode: _Mode,
    reason: _Why,
    place: _Place = "",
    channel: _Channel = "",
    cooperation: _Cooperation = "",
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
    until: Annotated[str, typer.Option(help="When it returns by itself; for ever")] = "",
) -> None:
    """Switch the mode of a scope; without a scope that of everybody."""
    body = {
        "mode_code": mode,
        "scope": _scope(place, channel, cooperation),
        "reason": reason,
        **({"begins_at": instant(start).isoformat()} if start else {}),
        **({"ends_at": instant(until).isoformat()} if until else {}),
    }
    switched = api().send("POST", "/price-modes/switches", policy_pb2.PriceModeSwitch, body)
    tell(switched, lambda made: _switches([made]))


@verb(app)
def preview(
    mode: _Mode, place: _Place = "", channel: _Channel = "", cooperation: _Cooperation = ""
) -> None:
    """What a switch would touch, and which mode the scope has now."""
    body = {"mode_code": mode, "scope": _scope(place, channel, cooperation)}
    tell(
        api().send("POST", "/price-modes/switches/preview", policy_pb2.PriceModeReach, body),
        _reach,
    )


@verb(app)
def undo(switch_id: _Switch, reason: _Why) -> None:
    """Back at once to what was before."""
    path = f"/price-modes/switches/{part(switch_id)}/undo"
    undone = api().send("POST", path, policy_pb2.PriceModeSwitch, {"reason": reason})
    tell(undone, lambda made: _switches([made]))


@verb(app)
def history(
    mode: Annotated[str, typer.Option(help="Only switches to this mode")] = "",
    place: Annotated[str, typer.Option(help="Only of this place")] = "",
    by: Annotated[str, typer.Option(help="Only by this person")] = "",
    at: Annotated[str, typer.Option(help="Only those that hold then")] = "",
) -> None:
    """Who switched what when, the last one first."""
    query = {
        "mode_code": mode,
        "place_code": place,
        "switched_by_person_id": by,
        **({"holding_at": instant(at).isoformat()} if at else {}),
    }
    tell(
        first_page(
            "/price-modes/switches", policy_pb2.ListPriceModeSwitchesResponse, "switches", query
        ),
        lambda found: _switches(found.switches),
    )


def _scope(place: str, channel: str, cooperation: str) -> dict[str, Any]:
    return {"place_code": place, "sales_channel": channel, "cooperation_mode": cooperation}


def _switches(switches: Iterable[policy_pb2.PriceModeSwitch]) -> RenderableType:
    rows = table("switch", "mode", "scope", "from", "until", "by", "why", "over since")
    for each in switches:
        scope = (each.scope.place_code, each.scope.sales_channel, each.scope.cooperation_mode)
        over = moment(each.ended_at)
        rows.add_row(
            each.switch_id,
            each.mode_code,
            text(" ".join(filter(None, scope))) or "everywhere",
            moment(each.begins_at),
            moment(each.ends_at) or "–",
            each.switched_by_person_id,
            text(each.reason),
            f"{over} {text(each.end_reason)}" if over else "",
        )
    return rows


def _reach(reach: policy_pb2.PriceModeReach) -> list[RenderableType]:
    rows = table("price book", "version", "items", "rates", "rules")
    for book in reach.books:
        counts = (book.item_count, book.rate_count, book.rule_count)
        rows.add_row(book.price_book_code, str(book.version), *map(str, counts))
    return [f"现在 now: {reach.present_mode_code or '–'}", rows]
