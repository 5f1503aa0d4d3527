"""``CurrencyService``: balances converted at pricing's dated rates, which are kept here as told."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import decode_page_token, money_from_proto, page_info, page_size
from kit.rpc.events import record
from protos.events.v1 import events_pb2
from protos.events.v1.events_pb2_grpc import ProjectionServiceServicer
from protos.settlement.v1 import currency_pb2 as pb
from protos.settlement.v1.currency_pb2_grpc import CurrencyServiceServicer
from services.settlement.convert import currency as protos
from services.settlement.domain.currency.conversion import (
    Conversion,
    check,
    convert,
    oldest,
    owner_of,
)
from services.settlement.domain.ledger.transfers import LedgerAccount
from services.settlement.servicer.base import CASHIERS, LEDGER_READERS, Context, Rpcs, require_text
from services.settlement.store.currency import conversions, rates
from services.settlement.store.ledger import balances, transfers

_HOME: Final = "CNY"


class CurrencyServicer(Rpcs, CurrencyServiceServicer):
    """Previews, converts, and shows what other currencies are owed."""

    async def PreviewConversion(
        self, request: pb.PreviewConversionRequest, context: Context
    ) -> pb.Conversion:
        current_actor().require_role(*LEDGER_READERS)
        now, owner = self._clock.now(), owner_of(request.party_kind, request.party_id)
        wanted = money_from_proto(request.amount, "amount")
        made = await _conversion(owner, wanted, request.to_currency, now)
        return protos.preview_to_proto(made, owner, now)

    async def ConvertBalance(
        self, request: pb.ConvertBalanceRequest, context: Context
    ) -> pb.Conversion:
        current_actor().require_role(*CASHIERS)
        require_text(request.reason, "reason", "why it is converted")
        owner, session = owner_of(request.party_kind, request.party_id), current_session()
        wanted = money_from_proto(request.amount, "amount")
        # Nobody posts in between, so what is taken of the balance is what is there.
        at = await transfers.take_turn(session, self._clock.now())
        made = await _conversion(owner, wanted, request.to_currency, at)
        if made.rate.exchange_rate_id != request.exchange_rate_id:
            raise FailedPrecondition(
                "SETTLEMENT_EXCHANGE_RATE_CHANGED",
                f"by now {made.rate.exchange_rate_id} counts; preview the conversion again",
                field="exchange_rate_id",
            )
        row = await conversions.add(
            session,
            new_id("ex", at),
            owner,
            made,
            at,
            current_actor().person_id,
            request.reason.strip(),
        )
        told = protos.conversion_to_proto(row)
        await record(
            pb.BalanceConverted(conversion=told),
            aggregate=("conversion", told.conversion_id),
            occurred_at=at,
        )
        return told

    async def ListConversions(
        self, request: pb.ListConversionsRequest, context: Context
    ) -> pb.ListConversionsResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await conversions.page(current_session(), request.party_id, before, size)
        return pb.ListConversionsResponse(
            conversions=[protos.conversion_to_proto(row) for row in rows[:size]],
            page=page_info([row.conversion_id for row in rows], size),
        )

    async def ListExposures(
        self, request: pb.ListExposuresRequest, context: Context
    ) -> pb.ListExposuresResponse:
        current_actor().require_role(*LEDGER_READERS)
        size, now = page_size(request.page), self._clock.now()
        to_currency, session = request.to_currency or _HOME, current_session()
        token = decode_page_token(request.page, 2)
        after = (token[0], token[1]) if token else None
        found = await conversions.owed(
            session, request.ledger_account_prefix, to_currency, after, size
        )
        exposures = [await _exposure(each, to_currency, now) for each in found[:size]]
        keys = [f"{each.ledger_account}\x1f{each.currency}" for each in found]
        return pb.ListExposuresResponse(exposures=exposures, page=page_info(keys, size))


class ExchangeRateProjection(ProjectionServiceServicer):
    """Keeps the exchange rates that pricing's events tell."""

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Context
    ) -> events_pb2.ApplyEventsResponse:
        current_actor().require_role("ops")
        told = filter(None, map(protos.rate_of, request.events))
        applied = [await rates.apply(current_session(), row) for row in told]
        return events_pb2.ApplyEventsResponse(applied_count=sum(applied))


async def _conversion(
    owner: LedgerAccount, wanted: Money, to_currency: str, at: datetime
) -> Conversion:
    """What an amount of what somebody has at hand comes to."""
    check(wanted, to_currency)
    session, currency = current_session(), wanted.currency
    lots = await conversions.credits_of(session, owner.code, currency)
    balance = await balances.balance(session, owner, currency)
    gone = sum(lot.amount_minor for lot in lots) - balance.available_minor
    taken = oldest(lots, gone, wanted.amount_minor)
    known = await rates.between(session, currency, to_currency)
    return convert(wanted, to_currency, taken, known, at)


async def _exposure(each: conversions.Owed, to_currency: str, at: datetime) -> pb.Exposure:
    session, owed = current_session(), Money(each.currency, each.posted_minor)
    lots = await conversions.credits_of(session, each.ledger_account, each.currency)
    gone = sum(lot.amount_minor for lot in lots) - each.posted_minor
    taken = oldest(lots, gone, each.posted_minor)
    known = await rates.between(session, each.currency, to_currency)
    try:
        made = convert(owed, to_currency, taken, known, at)
    except FailedPrecondition:
        made = None
    return protos.exposure_to_proto(each.ledger_account, owed, made)
