"""``PriceBookService``: price books in published versions."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.rpc.convert import instant_from_proto
from kit.rpc.events import record
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.convert.books import (
    book_to_rows,
    content_from_proto,
    item_codes,
    rows_to_proto,
)
from services.pricing.domain.items import check_in_use
from services.pricing.domain.publishing import (
    check_content,
    check_effective,
    check_founding,
    hash_content,
)
from services.pricing.servicer.base import QUOTES, Context
from services.pricing.servicer.book_files import BookFileRpcs
from services.pricing.servicer.book_reading import BookReadingRpcs, read_version
from services.pricing.servicer.draft_findings import refuse_contradictory
from services.pricing.store import books, items, publications


class PriceBookServicer(BookReadingRpcs, BookFileRpcs):
    """Publish versions of price books, and look at them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def PublishPriceBook(
        self, request: pb.PublishPriceBookRequest, context: Context
    ) -> pb.PriceBookVersion:
        actor, session, wanted = current_actor(), current_session(), request.price_book
        actor.require_role("admin")
        known = await items.by_code(session, item_codes(wanted))
        content = content_from_proto(wanted, known.values())
        check_content(content, known)
        check_in_use(
            {
                f"price_book.rates[{number}].item_code": rate.item_code
                for number, rate in enumerate(wanted.rates)
                if known[rate.item_code].retired_at is not None
            }
        )
        code = content.head.price_book_code
        version = await books.next_version(session, code)
        check_founding(code, version)
        now = self._clock.now()
        effective_from = _effective_from(wanted, now)
        check_effective(effective_from, now, version, wanted.correction_reason)
        await refuse_contradictory(content, now)
        rows = book_to_rows(
            wanted,
            content,
            version=version,
            content_hash=hash_content(content),
            effective_from=effective_from,
            published_at=now,
            by_person_id=actor.person_id,
        )
        await publications.publish(session, rows)
        published = pb.PriceBookPublished(price_book_code=code, version=version)
        await record(published, aggregate=("price_book", code), occurred_at=now)
        return rows_to_proto(rows, with_settlement=True)

    async def GetPriceBookVersion(
        self, request: pb.GetPriceBookVersionRequest, context: Context
    ) -> pb.PriceBookVersion:
        current_actor().require_role(*QUOTES)
        session, book, now = current_session(), request.price_book_code, self._clock.now()
        if request.version:
            row = await books.version(session, book, request.version)
        else:
            row = await books.version_in_force(session, book, now, now, "price_book_code")
        return await read_version(row, request.fields)


def _effective_from(wanted: pb.PriceBookVersion, now: datetime) -> datetime:
    return (
        instant_from_proto(wanted.effective_from, "price_book.effective_from")
        if wanted.HasField("effective_from")
        else now
    )
