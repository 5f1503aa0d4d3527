"""Price books as people look at them: one, all of them, their rates, what differs between two."""

from __future__ import annotations

from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import encode_page_token, instant_from_proto, page_info, page_size
from protos.common.v1 import page_pb2
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc
from services.pricing.convert.books import rows_to_proto, version_to_proto
from services.pricing.convert.drafts import difference_to_proto
from services.pricing.domain.comparison import Outcome
from services.pricing.domain.conditions import EQUALITIES
from services.pricing.servicer.base import (
    QUOTES,
    Context,
    number_start,
    page_start,
    sees_settlement,
)
from services.pricing.servicer.comparing import compared
from services.pricing.store import books, rates
from services.pricing.tables import BookRows, PriceBookVersionRow

#: Of a version: what is read only when it is wanted.
_RULES: Final = ("modifiers", "promotions", "taxes", "groups", "openings")
#: Conditions of a rate that it can be listed by, beside those with a field of the request.
_CONDITIONS: Final = EQUALITIES[3:]


class BookReadingRpcs(book_pb2_grpc.PriceBookServiceServicer):
    """Versions, whole or in part."""

    async def ListPriceBooks(
        self, request: pb.ListPriceBooksRequest, context: Context
    ) -> pb.ListPriceBooksResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        rows = await books.newest_versions(current_session(), page_start(request.page), size + 1)
        return pb.ListPriceBooksResponse(
            price_books=[version_to_proto(row) for row in rows[:size]],
            page=page_info([row.price_book_code for row in rows], size),
        )

    async def ListPriceBookVersions(
        self, request: pb.ListPriceBookVersionsRequest, context: Context
    ) -> pb.ListPriceBookVersionsResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        rows = await books.versions(
            current_session(),
            request.price_book_code,
            number_start(request.page),
            size + 1,
            _wanted_versions(request),
        )
        return pb.ListPriceBookVersionsResponse(
            versions=[version_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.version) for row in rows], size),
        )

    async def ListRates(
        self, request: pb.ListRatesRequest, context: Context
    ) -> pb.ListRatesResponse:
        current_actor().require_role(*QUOTES)
        session, code, size = current_session(), request.price_book_code, page_size(request.page)
        if request.version:
            version = await books.version(session, code, request.version)
        else:
            version = await books.newest(session, code, "price_book_code")
        rows = await rates.some_rates(
            session, version, _wanted_rates(request), number_start(request.page) or 0, size + 1
        )
        shown = BookRows(version, (), rows[:size], ())
        told = rows_to_proto(shown, with_settlement=sees_settlement())
        return pb.ListRatesResponse(
            rates=told.rates, page=page_info([str(row.rate_number) for row in rows], size)
        )

    async def ComparePriceBooks(
        self, request: pb.ComparePriceBooksRequest, context: Context
    ) -> pb.PriceBookComparison:
        current_actor().require_role(*QUOTES)
        size, first = page_size(request.page), number_start(request.page) or 0
        changes, sees = await compared(request), sees_settlement()
        count = dict.fromkeys(Outcome, 0)
        for change in changes:
            count[change.outcome] += 1
        rest = first + size < len(changes)
        return pb.PriceBookComparison(
            differences=[
                difference_to_proto(change, with_settlement=sees)
                for change in changes[first : first + size]
            ],
            page=page_pb2.PageInfo(
                next_page_token=encode_page_token(str(first + size)) if rest else ""
            ),
            added=count[Outcome.ADDED],
            changed=count[Outcome.CHANGED],
            removed=count[Outcome.REMOVED],
        )


async def read_version(version: PriceBookVersionRow, fields: FieldMask) -> pb.PriceBookVersion:
    """A version with the fields that are wanted, all of them when none is named.

    Raises:
        InvalidArgument: ``PRICING_FIELD_UNKNOWN``.
    """
    session, wanted = current_session(), set(fields.paths)
    unknown = wanted - {field.name for field in pb.PriceBookVersion.DESCRIPTOR.fields}
    if unknown:
        raise InvalidArgument(
            "PRICING_FIELD_UNKNOWN",
            f"a price book has no field {sorted(unknown)[0]!r}",
            field="fields",
        )
    rows = (
        await books.contents(session, version)
        if not wanted or "rates" in wanted
        else BookRows(version, (), (), await books.rules(session, version))
        if wanted & set(_RULES)
        else BookRows(version, (), (), ())
    )
    told = rows_to_proto(rows, with_settlement=sees_settlement())
    for field in pb.PriceBookVersion.DESCRIPTOR.fields if wanted else ():
        if field.name not in wanted:
            told.ClearField(field.name)  # type: ignore[arg-type]  # by name
    return told


def _wanted_versions(request: pb.ListPriceBookVersionsRequest) -> books.WantedVersions:
    instants = {
        name: instant_from_proto(getattr(request, name), name)
        for name in ("effective_from", "effective_before", "known_at")
        if request.HasField(name)
    }
    return books.WantedVersions(**instants, corrections_only=request.corrections_only)


def _wanted_rates(request: pb.ListRatesRequest) -> rates.WantedRates:
    equal = ("item_code", "place_code", "city_tier", "cooperation_mode", "customer_level")
    if request.condition and request.condition not in _CONDITIONS:
        raise InvalidArgument(
            "PRICING_CONDITION_INVALID",
            f"rates are listed by {', '.join(_CONDITIONS)}",
            field="condition",
        )
    return rates.WantedRates(
        {name: getattr(request, name) for name in equal},
        {request.condition: request.condition_value} if request.condition else {},
    )
