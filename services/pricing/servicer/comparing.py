"""What differs between two versions, or drafts, of one book or of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.convert.drafts import kind_of, rate_of_row, rules_of_rows
from services.pricing.domain.comparison import (
    Change,
    Plain,
    RuleName,
    applied,
    difference,
)
from services.pricing.servicer.editing import open_draft
from services.pricing.store import books, rates
from services.pricing.tables import PriceBookVersionRow

_MOST_DIFFERENCES: Final = 20_000


class Side(NamedTuple):
    """One of the two that are compared: a version (None: an empty one), and what a draft changes
    of it."""

    version: PriceBookVersionRow | None
    changes: Sequence[Change] = ()


async def side_of(source: pb.PriceBookSource, at: str) -> Side:
    """What a request means.

    Raises:
        NotFound: ``PRICING_BOOK_UNKNOWN`` or ``PRICING_DRAFT_UNKNOWN``.
        InvalidArgument: ``PRICING_BOOK_UNKNOWN`` when it names none.
    """
    session = current_session()
    if source.draft_id:
        found = await open_draft(source.draft_id)
        return Side(found.base, found.real_changes)
    if not source.price_book_code:
        raise InvalidArgument("PRICING_SOURCE_MISSING", "name a book or a draft", field=at)
    if source.version:
        return Side(await books.version(session, source.price_book_code, source.version))
    return Side(await books.newest(session, source.price_book_code, f"{at}.price_book_code"))


async def compared(
    request: pb.ComparePriceBooksRequest | pb.ExportPriceBookComparisonRequest,
) -> list[Change]:
    """What differs between the two that a request names, as far as it asks.

    Raises:
        FailedPrecondition: ``PRICING_COMPARISON_TOO_LARGE``.
    """
    before = await side_of(request.before, "before")
    after = await side_of(request.after, "after")
    narrowed = rates.WantedRates({"item_code": request.item_code, "place_code": request.place_code})
    kind = kind_of(request.kind)
    return [
        change
        for change in await between(before, after, narrowed)
        if kind in (None, change.name.kind)
        and (
            not request.item_code
            or change.touches("item_code", request.item_code)
            or change.touches("item_codes", request.item_code)
        )
        and (not request.place_code or change.touches("place_code", request.place_code))
    ]


async def between(before: Side, after: Side, wanted: rates.WantedRates) -> list[Change]:
    """What differs between two sides; what a draft changes lies upon its version."""
    versions = await differences(before.version, after.version, wanted)
    sides = []
    for number, side in enumerate((before, after)):
        rules = {
            change.name: said
            for change in versions
            if (said := (change.before, change.after)[number]) is not None
        }
        differing = {change.name for change in versions}
        # Where the versions agree, the drafts' own changes know what both say.
        agreed = {
            change.name: change.before
            for change in (*before.changes, *after.changes)
            if change.name not in differing and change.before is not None
        }
        sides.append(applied(rules | agreed, side.changes))
    return difference(*sides)


async def differences(
    before: PriceBookVersionRow | None,
    after: PriceBookVersionRow | None,
    wanted: rates.WantedRates | None = None,
) -> list[Change]:
    """What differs between two versions.

    Raises:
        FailedPrecondition: ``PRICING_COMPARISON_TOO_LARGE``.
    """
    narrowed = wanted or rates.WantedRates()
    return difference(
        await _only_in(before, after, narrowed), await _only_in(after, before, narrowed)
    )


async def _only_in(
    this: PriceBookVersionRow | None,
    that: PriceBookVersionRow | None,
    wanted: rates.WantedRates,
) -> Mapping[RuleName, Plain]:
    """The rules of a version, of the rates only those that the other does not have."""
    if this is None:
        return {}
    session = current_session()
    rows = await rates.rates_only_in(session, this, that, wanted, _MOST_DIFFERENCES + 1)
    if len(rows) > _MOST_DIFFERENCES:
        raise FailedPrecondition(
            "PRICING_COMPARISON_TOO_LARGE",
            f"more than {_MOST_DIFFERENCES} rates differ; narrow it down by item or place",
            field="item_code",
        )
    rules = rules_of_rows(this, await books.rules(session, this))
    return rules | dict(rate_of_row(row, this.currency) for row in rows)
