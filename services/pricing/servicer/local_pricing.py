"""Edits of those who price locally: within their places, items and band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from google.protobuf import json_format

from kit.db.session import current_session
from kit.errors import InvalidArgument, PermissionDenied
from protos.pricing.v1 import book_pb2
from services.pricing.convert.books import content_from_proto
from services.pricing.convert.drafts import listed, rule_to_plain
from services.pricing.convert.rules import rate_from_proto
from services.pricing.domain.comparison import RuleKind, RuleName
from services.pricing.domain.delegation import Delegation, band_problems, covering, price_there
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.refusing import refuse
from services.pricing.servicer.editing import Opened, Wanted
from services.pricing.store import items
from services.pricing.tables import ItemRow


class WithinBands(NamedTuple):
    """Edits as they will be made, and which of them lie outside a band."""

    wanted: Sequence[Wanted]
    names: frozenset[RuleName]


async def within_bands(
    opened: Opened,
    wanted: Sequence[Wanted],
    delegations: Sequence[Delegation] | None,
    *,
    needs_approval: bool,
) -> WithinBands:
    """See whether edits are the actor's to make.

    Args:
        delegations: what the actor may price; None: everything.
        needs_approval: keep what lies outside a band too; headquarters will review it.

    Raises:
        PermissionDenied: ``PRICING_NOT_DELEGATED``.
        InvalidArgument: ``PRICING_OUTSIDE_BAND``, ``PRICING_NO_PRICE_THERE``, at the price.
    """
    if delegations is None:
        return WithinBands(wanted, frozenset())
    codes = {(one.after or {}).get("item_code", "") for one in wanted}
    base = await opened.rules(codes)
    rates = {name: said for name, said in base.rules.items() if name.kind is RuleKind.RATE}
    others = {name: said for name, said in base.rules.items() if name.kind is RuleKind.HEAD}
    known = await items.by_code(current_session(), codes)
    said = listed(opened.row.price_book_code, others | rates)
    book = PriceBook.of(0, "", content_from_proto(said.message, known.values()))
    made, beyond, problems = [], set[RuleName](), list[InvalidArgument]()
    for one in wanted:
        settled, found = _settled(book, one, delegations, known)
        made.append(settled)
        problems += found
        if found:
            beyond.add(one.name)
    if not needs_approval:
        refuse(problems)
    return WithinBands(made, frozenset(beyond))


def _settled(
    book: PriceBook,
    one: Wanted,
    delegations: Sequence[Delegation],
    known: Mapping[str, ItemRow],
) -> tuple[Wanted, list[InvalidArgument]]:
    """An edit with what it leaves to the price that holds there, and how it leaves its band."""
    if one.name.kind is not RuleKind.RATE or one.after is None:
        raise PermissionDenied(
            "PRICING_NOT_DELEGATED", "a delegation is for putting rates, nothing else"
        )
    message = book_pb2.PriceRule()
    json_format.ParseDict({"rate": one.after}, message)
    rate = rate_from_proto(message.rate, book.head.currency, one.at)
    item = known.get(rate.item_code)
    delegation = covering(delegations, rate, item.catalogue if item else "")
    path = delegation.path_to(rate.conditions.place_code) or ()
    there = price_there(book, rate, path)
    if there is None:
        return one, [
            InvalidArgument(
                "PRICING_NO_PRICE_THERE",
                f"{rate.item_code!r} has no price there yet that a band could be around",
                field=f"{one.at}.place_code",
            )
        ]
    if delegation.list_only and not message.rate.HasField("settlement_price"):
        kept = there.settlement_price
        message.rate.settlement_price.currency = kept.currency
        message.rate.settlement_price.amount_minor = kept.amount_minor
        rate = replace(rate, settlement_price=kept)
    _, said = rule_to_plain(message, one.at)
    return one._replace(after=said), list(band_problems(delegation, rate, there, one.at))
