"""Price books into files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc
from services.pricing.convert.book_files import LIMITS, write_book, write_comparison
from services.pricing.convert.drafts import difference_to_proto, rate_of_row, rules_of_rows
from services.pricing.domain.comparison import HEAD, Plain, RuleName, applied
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, sees_settlement
from services.pricing.servicer.comparing import Side, compared, side_of
from services.pricing.store import books, rates


class BookFileRpcs(book_pb2_grpc.PriceBookServiceServicer):
    """Versions and drafts, and what differs between two, as files."""

    async def ExportPriceBook(
        self, request: pb.ExportPriceBookRequest, context: Context
    ) -> pb.PriceBookFile:
        current_actor().require_role(*KEEPS_PRICES)
        rules = await _rules_of(await side_of(request.source, "source"))
        currency = rules[HEAD].get("currency", "")
        content = await asyncio.to_thread(write_book, rules, currency, request.format)
        if len(content) > LIMITS.bytes:
            raise _too_large()
        return pb.PriceBookFile(content=content, count=len(rules))

    async def ExportPriceBookComparison(
        self, request: pb.ExportPriceBookComparisonRequest, context: Context
    ) -> pb.PriceBookFile:
        current_actor().require_role(*QUOTES)
        sees = sees_settlement()
        told = [
            difference_to_proto(change, with_settlement=sees) for change in await compared(request)
        ]
        content = await asyncio.to_thread(write_comparison, told)
        return pb.PriceBookFile(content=content, count=len(told))


async def _rules_of(side: Side) -> Mapping[RuleName, Plain]:
    """All rules of a version or a draft, as far as a file has room for them."""
    found: dict[RuleName, Plain] = {}
    if side.version is not None:
        session, version = current_session(), side.version
        rows = await rates.some_rates(session, version, rates.WantedRates(), 0, LIMITS.rows + 1)
        if len(rows) > LIMITS.rows:
            raise _too_large()
        found.update(rules_of_rows(version, await books.rules(session, version)))
        found.update(rate_of_row(row, version.currency) for row in rows)
    return applied(found, side.changes)


def _too_large() -> FailedPrecondition:
    return FailedPrecondition(
        "PRICING_EXPORT_TOO_LARGE",
        f"a file has at most {LIMITS.rows} rates and {LIMITS.bytes // 1024**2} MiB, or it would not"
        " import again; read a book like this by its rates, page by page",
        field="source",
    )
