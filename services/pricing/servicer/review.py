"""``PriceReviewService``: what a price book's publisher should know before it is published."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from kit.authn import current_actor
from kit.clock import SHANGHAI, Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.rpc.convert import encode_page_token, instant_from_proto, page_size
from protos.common.v1 import page_pb2
from protos.pricing.v1 import book_pb2, review_pb2_grpc
from protos.pricing.v1 import review_pb2 as pb
from services.pricing.convert.books import content_from_proto, item_codes, rows_to_proto
from services.pricing.convert.drafts import listed, rate_of_row, rules_of_rows
from services.pricing.convert.price_changes import write_change
from services.pricing.convert.reviews import (
    change_to_proto,
    context_from_proto,
    finding_to_proto,
    label_of,
    order_from_row,
    territory_from_proto,
)
from services.pricing.domain.book import BookContent
from services.pricing.domain.checks import Context as CheckContext
from services.pricing.domain.checks import Severity, findings
from services.pricing.domain.comparison import Plain, RuleName, applied
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import check_content, hash_content
from services.pricing.domain.sample_orders import sample_orders
from services.pricing.domain.what_if import Order, Outcome, change_of, outcome
from services.pricing.servicer.base import KEEPS_PRICES, Context, number_start
from services.pricing.servicer.comparing import side_of
from services.pricing.servicer.editing import open_draft
from services.pricing.store import books, items, ordered
from services.pricing.tables import PriceBookVersionRow

_REVIEWS: Final = (*KEEPS_PRICES, "finance")
#: Orders that one what-if looks at, and after how many it says how far it is.
_MOST_ORDERS: Final = 50_000
_AT_ONCE: Final = 500


class Reviewed(NamedTuple):
    """A book to look at, and what it is looked at beside.

    Attributes:
        in_force: the version of the same book that is in force; None: there is none.
        retired: items of it that new books do not use.
    """

    content: BookContent
    in_force: BookContent | None
    effective_from: datetime
    retired: frozenset[str]

    @property
    def first_day(self) -> date:
        """The first whole day on which it is in force, in Asia/Shanghai."""
        last_moment = timedelta(days=1) - timedelta.resolution
        return (self.effective_from.astimezone(SHANGHAI) + last_moment).date()


class PriceReviewServicer(review_pb2_grpc.PriceReviewServiceServicer):
    """Check price books, and ask what they would change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def CheckPriceBook(
        self, request: pb.CheckPriceBookRequest, context: Context
    ) -> pb.CheckPriceBookResponse:
        current_actor().require_role(*_REVIEWS)
        size, first = page_size(request.page), number_start(request.page) or 0
        reviewed, now = await self._reviewed(request.price_book), self._clock.now()
        against = context_from_proto(
            request,
            first_day=reviewed.first_day,
            in_force=reviewed.in_force,
            retired=reviewed.retired,
        )
        # A large book takes seconds; others are answered meanwhile.
        found = await asyncio.to_thread(findings, reviewed.content, against)
        book, in_force = _ready(reviewed.content), _ready_or_none(reviewed.in_force)
        count = Counter(each.severity for each in found)
        more = first + size < len(found)
        return pb.CheckPriceBookResponse(
            findings=[
                finding_to_proto(each, book, in_force, now) for each in found[first : first + size]
            ],
            page=page_pb2.PageInfo(
                next_page_token=encode_page_token(str(first + size)) if more else ""
            ),
            refusing=count[Severity.REFUSES],
            to_acknowledge=count[Severity.ACKNOWLEDGE],
            told=count[Severity.TOLD],
        )

    async def PreviewPriceChange(
        self, request: pb.PreviewPriceChangeRequest, context: Context
    ) -> AsyncIterator[pb.PriceChangeProgress]:
        current_actor().require_role(*_REVIEWS)
        async for progress in self._change(request):
            yield progress

    async def ExportPriceChange(
        self, request: pb.ExportPriceChangeRequest, context: Context
    ) -> pb.PriceChangeExported:
        current_actor().require_role(*_REVIEWS)
        change = pb.PriceChange()
        async for progress in self._change(request.change):
            change = progress.change
        return pb.PriceChangeExported(content=write_change(change))

    async def _change(
        self, request: pb.PreviewPriceChangeRequest
    ) -> AsyncIterator[pb.PriceChangeProgress]:
        """How far it is, after every so many orders; at last the result."""
        reviewed = await self._reviewed(request.price_book)
        draft, in_force = _ready(reviewed.content), _ready_or_none(reviewed.in_force)
        in_all, outcomes = 0, list[Outcome]()
        async for in_all, orders in self._orders(request, reviewed):
            outcomes += [outcome(order, in_force, draft) for order in orders]
            done = min(in_all, _MOST_ORDERS)
            yield pb.PriceChangeProgress(orders_done=len(outcomes), orders_in_all=done)
        change = change_of(outcomes, label_of(request.group_by))
        yield pb.PriceChangeProgress(
            orders_done=len(outcomes),
            orders_in_all=len(outcomes),
            change=change_to_proto(change, shortened=in_all > _MOST_ORDERS),
        )

    async def _orders(
        self, request: pb.PreviewPriceChangeRequest, reviewed: Reviewed
    ) -> AsyncIterator[tuple[int, Sequence[Order]]]:
        """How many orders there are, and so many of them at once."""
        if request.WhichOneof("orders") == "month":
            session, code = current_session(), reviewed.content.head.price_book_code
            since, before = _month(request.month)
            in_all = await ordered.count(session, code, since, before)
            technicians = {each.case_id: each.technician_id for each in request.technicians}
            async for rows in ordered.last_quotes(
                session, code, since, before, _MOST_ORDERS, _AT_ONCE
            ):
                yield in_all, [order_from_row(row, technicians) for row in rows]
            return
        count, seed = request.sample.orders, request.sample.seed
        if not 0 < count <= _MOST_ORDERS:
            raise InvalidArgument(
                "PRICING_CHECK_INVALID", f"1 to {_MOST_ORDERS}", field="sample.orders"
            )
        against = CheckContext(
            reviewed.first_day.toordinal(), territory=territory_from_proto(request.territory)
        )
        made_up = sample_orders(reviewed.in_force or reviewed.content, against, count, seed)
        while orders := list(islice(made_up, _AT_ONCE)):
            yield count, orders

    async def _reviewed(self, wanted: pb.ReviewedPriceBook) -> Reviewed:
        """The book that a request means.

        Raises:
            InvalidArgument: what `publishing.check_content` refuses, or ``PRICING_SOURCE_MISSING``.
            NotFound: ``PRICING_BOOK_UNKNOWN``.
        """
        now = self._clock.now()
        message = await _message(wanted)
        known = await items.by_code(current_session(), item_codes(message))
        content = content_from_proto(message, known.values())
        check_content(content, known)
        in_force = await _in_force(content.head.price_book_code, now)
        effective_from = now
        if message.HasField("effective_from"):
            effective_from = instant_from_proto(
                message.effective_from, "price_book.content.effective_from"
            )
        retired = frozenset(code for code, row in known.items() if row.retired_at is not None)
        return Reviewed(content, in_force, max(effective_from, now), retired)


async def _message(wanted: pb.ReviewedPriceBook) -> book_pb2.PriceBookVersion:
    """A book as one would publish it."""
    if wanted.WhichOneof("book") == "content":
        return wanted.content
    side = await side_of(wanted.source, "price_book.source")
    if not side.changes and side.version is not None:
        return await _whole(side.version)
    rules: dict[RuleName, Plain] = {}
    code = wanted.source.price_book_code
    if wanted.source.draft_id:
        code = (await open_draft(wanted.source.draft_id)).row.price_book_code
    if side.version is not None:
        rows = await books.contents(current_session(), side.version)
        rules |= rules_of_rows(side.version, rows.rules)
        rules |= dict(rate_of_row(row, side.version.currency) for row in rows.rates)
    return listed(code, applied(rules, side.changes)).message


async def _in_force(price_book_code: str, now: datetime) -> BookContent | None:
    try:
        version = await books.version_in_force(
            current_session(), price_book_code, now, now, "price_book_code"
        )
    except (NotFound, FailedPrecondition):
        return None
    message = await _whole(version)
    known = await items.by_code(current_session(), item_codes(message))
    return content_from_proto(message, known.values())


async def _whole(version: PriceBookVersionRow) -> book_pb2.PriceBookVersion:
    return rows_to_proto(await books.contents(current_session(), version), with_settlement=True)


def _ready(content: BookContent) -> PriceBook:
    return PriceBook.of(0, hash_content(content), content)


def _ready_or_none(content: BookContent | None) -> PriceBook | None:
    return None if content is None else _ready(content)


def _month(said: str) -> tuple[datetime, datetime]:
    """The instants at which a month begins and has ended, in Asia/Shanghai."""
    try:
        first = datetime.strptime(said, "%Y-%m").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise InvalidArgument(
            "PRICING_CHECK_INVALID", f"{said!r} is no month; write it as 2026-10", field="month"
        ) from None
    later = (first.year + 1, 1) if first.month == 12 else (first.year, first.month + 1)
    return first, first.replace(year=later[0], month=later[1])
