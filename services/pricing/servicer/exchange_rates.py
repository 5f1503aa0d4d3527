"""Exchange rates, and what quotes would come to at another one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1 import pricing_pb2
from protos.pricing.v1.policy_pb2_grpc import PolicyServiceServicer
from services.pricing.convert.policies import (
    instant_of,
    rate_to_proto,
    rates_from_rows,
    revalued_to_proto,
)
from services.pricing.convert.quotes import (
    question_from_proto,
    result_from_row,
    set_exchange_rate,
)
from services.pricing.domain.policies.exchange_rates import (
    check_currency,
    check_rate,
    needed_rate,
)
from services.pricing.domain.quote import evaluate
from services.pricing.index import Shelf
from services.pricing.servicer.base import (
    KEEPS_PRICES,
    QUOTES,
    Context,
    number_start,
    page_start,
    sees_settlement,
)
from services.pricing.servicer.loading import book_of
from services.pricing.store import books, exchange_rates, quotes
from services.pricing.tables import ExchangeRateRow, QuoteRow

#: Quotes older than that are open no more, unless somebody asks for them.
_OPEN_FOR: Final = timedelta(days=30)


class ExchangeRateRpcs(PolicyServiceServicer):
    """Record rates, look at them, and compare quotes at them."""

    _clock: Clock
    _shelf: Shelf

    async def PutExchangeRate(
        self, request: pb.PutExchangeRateRequest, context: Context
    ) -> pb.ExchangeRate:
        actor, now, wanted = current_actor(), self._clock.now(), request.exchange_rate
        actor.require_role(*KEEPS_PRICES, "finance")
        check_rate(wanted.from_currency, wanted.to_currency, wanted.ratio, wanted.source)
        row = ExchangeRateRow(
            exchange_rate_id=new_id("er", now),
            from_currency=wanted.from_currency,
            to_currency=wanted.to_currency,
            ratio=wanted.ratio,
            valid_from=instant_of(wanted, "valid_from", "exchange_rate.valid_from") or now,
            source=wanted.source.strip(),
            inverse_too=wanted.inverse_too,
            recorded_at=now,
            recorded_by_person_id=actor.person_id,
        )
        await exchange_rates.add(current_session(), row)
        put = rate_to_proto(row)
        await record(
            pb.ExchangeRatePut(exchange_rate=put),
            aggregate=("exchange_rate", f"{row.from_currency}/{row.to_currency}"),
            occurred_at=now,
        )
        return put

    async def ListExchangeRates(
        self, request: pb.ListExchangeRatesRequest, context: Context
    ) -> pb.ListExchangeRatesResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        rows = await exchange_rates.page(
            current_session(),
            request.from_currency,
            request.to_currency,
            number_start(request.page),
            size + 1,
        )
        return pb.ListExchangeRatesResponse(
            exchange_rates=[rate_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.rate_number) for row in rows], size),
        )

    async def GetExchangeRate(
        self, request: pb.GetExchangeRateRequest, context: Context
    ) -> pb.ExchangeRate:
        current_actor().require_role(*QUOTES)
        now, one, other = self._clock.now(), request.from_currency, request.to_currency
        check_currency(one, "from_currency")
        check_currency(other, "to_currency")
        at, known = instant_of(request, "at") or now, instant_of(request, "known_at") or now
        rows = await exchange_rates.between(current_session(), one, other, at, known)
        rate = needed_rate(rates_from_rows(rows), one, other, at, known, "to_currency")
        (row,) = (row for row in rows if row.exchange_rate_id == rate.exchange_rate_id)
        found = rate_to_proto(row)
        found.from_currency, found.to_currency, found.ratio = one, other, rate.ratio
        return found

    async def RevalueQuotes(
        self, request: pb.RevalueQuotesRequest, context: Context
    ) -> pb.RevalueQuotesResponse:
        current_actor().require_role(*QUOTES)
        now, size = self._clock.now(), page_size(request.page)
        rows = await quotes.exchanged(
            current_session(),
            currency=request.currency,
            case_id=request.case_id,
            quoted_from=instant_of(request, "quoted_from") or now - _OPEN_FOR,
            before=page_start(request.page),
            limit=size + 1,
        )
        at = instant_of(request, "at") or now
        return pb.RevalueQuotesResponse(
            quotes=[await self._revalued(row, at, now) for row in rows[:size]],
            page=page_info([row.quote_id for row in rows], size),
        )

    async def _revalued(self, row: QuoteRow, at: datetime, known_at: datetime) -> pb.RevaluedQuote:
        """A stored quote with nothing but its exchange rate replaced."""
        session, stored = current_session(), result_from_row(row)
        version = await books.version(session, row.price_book_code, row.price_book_version)
        one, other = version.currency, row.currency
        rows = await exchange_rates.between(session, one, other, at, known_at)
        rate = needed_rate(rates_from_rows(rows), one, other, at, known_at, "at")
        inputs = pricing_pb2.QuoteInputs()
        inputs.CopyFrom(stored.inputs)
        set_exchange_rate(inputs, rate)
        book = await book_of(self._shelf, version)
        revalued = evaluate(book, question_from_proto(stored.facts, inputs))
        return revalued_to_proto(stored, inputs, revalued, with_settlement=sees_settlement())
