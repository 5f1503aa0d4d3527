"""Who sees which part of a quote: four views of one computation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from kit.authn import Actor
from kit.errors import PermissionDenied
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import pricing_pb2 as pb

#: What the customer's view shows.
CUSTOMER: Final = frozenset({"list"})
#: What a view shows: what the customer pays, what the work earns, why other rules do not count, the
#: difference of the two.
_SHOWS: Final[dict[pb.QuoteView.ValueType, frozenset[str]]] = {
    pb.QUOTE_VIEW_CUSTOMER: CUSTOMER,
    pb.QUOTE_VIEW_TECHNICIAN: frozenset({"settlement", "rejected"}),
    pb.QUOTE_VIEW_OUTLET: frozenset({"list", "settlement", "rejected"}),
    pb.QUOTE_VIEW_FINANCE: frozenset({"list", "settlement", "rejected", "margin"}),
}
_OF_ROLE: Final[dict[pb.QuoteView.ValueType, tuple[str, ...]]] = {
    pb.QUOTE_VIEW_FINANCE: ("hq", "finance", "pricing_manager", "admin"),
    pb.QUOTE_VIEW_OUTLET: ("supervisor", "dispatcher", "technician", "outlet_manager"),
}


def shown_to(actor: Actor, wanted: pb.QuoteView.ValueType) -> frozenset[str]:
    """What somebody sees of a quote.

    Args:
        wanted: the view asked for; unspecified: the widest that they may see.

    Raises:
        PermissionDenied: ``PRICING_VIEW_FORBIDDEN``.
    """
    widest = next(
        (view for view, roles in _OF_ROLE.items() if actor.has_role(*roles)),
        pb.QUOTE_VIEW_CUSTOMER,
    )
    if not wanted:
        return _SHOWS[widest]
    if not _SHOWS[wanted] <= _SHOWS[widest]:
        raise PermissionDenied(
            "PRICING_VIEW_FORBIDDEN",
            f"the view {pb.QuoteView.Name(wanted)} is not for your roles",
            field="view",
        )
    return _SHOWS[wanted]


def view_of(result: pb.QuoteResult, shown: Collection[str]) -> pb.QuoteResult:
    """The quote with only what is shown; the one given stays as it is."""
    if len(shown) == len(_SHOWS[pb.QUOTE_VIEW_FINANCE]):
        return result
    view = pb.QuoteResult()
    view.CopyFrom(result)
    if "margin" not in shown:
        view.ClearField("margin")
    if "list" not in shown:
        _without_list(view)
    if "settlement" not in shown:
        _without_settlement(view)
    if "rejected" not in shown:
        for line in view.lines:
            line.ClearField("rejected")
    return view


def _without_list(view: pb.QuoteResult) -> None:
    view.ClearField("total")
    view.ClearField("missed_promotions")
    for line in view.lines:
        line.ClearField("amount")
        line.ClearField("steps")
    _keep_taxes(view, book_pb2.SIDE_SETTLEMENT)


def _without_settlement(view: pb.QuoteResult) -> None:
    view.ClearField("settlement_total")
    for line in view.lines:
        line.ClearField("settlement_amount")
        line.ClearField("settlement_steps")
    _keep_taxes(view, book_pb2.SIDE_LIST)


def _keep_taxes(view: pb.QuoteResult, side: book_pb2.Side.ValueType) -> None:
    kept = [tax for tax in view.taxes if tax.side == side]
    view.ClearField("taxes")
    view.taxes.extend(kept)


def without_steps(result: pb.QuoteResult) -> pb.QuoteResult:
    """The quote as a list shows it."""
    for line in result.lines:
        for detail in ("steps", "settlement_steps", "rejected"):
            line.ClearField(detail)
    return result
