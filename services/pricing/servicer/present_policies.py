"""What holds beside the price book when a quote is computed.

Only a new quote asks it. What it finds is kept with the quote, and computing that one again reads
what was kept.
"""

from __future__ import annotations

from datetime import datetime

from kit.db.session import current_session
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.policies import (
    coupon_from_rows,
    freeze_from_row,
    rates_from_rows,
    switch_from_row,
)
from services.pricing.convert.quotes import Asked, set_exchange_rate
from services.pricing.domain.policies.coupons import (
    check_known_promotion,
    check_usable,
    settled_code,
    unknown,
)
from services.pricing.domain.policies.exchange_rates import needed_rate
from services.pricing.domain.policies.standing import Standing
from services.pricing.domain.price_book import PriceBook
from services.pricing.servicer.asked_once import AskedOnce
from services.pricing.store import coupons, exchange_rates, policies


class PresentPolicies:
    """What the quotes of one call have in common: asked once for each instant."""

    def __init__(self) -> None:
        self._standing = AskedOnce[datetime, Standing]()

    async def add_to(
        self,
        inputs: pb.QuoteInputs,
        facts: pb.QuoteFacts,
        asked: Asked,
        book: PriceBook,
        case_id: str,
    ) -> None:
        """Complete the inputs of a quote with the price mode, the freezes, the coupons and the
        exchange rate that hold at its instant, as known at its other one; what is left of a coupon,
        as of now.

        Args:
            case_id: whose coupons are its own already; empty: nobody's.

        Raises:
            NotFound: ``PRICING_COUPON_UNKNOWN``.
            FailedPrecondition: a coupon cannot be used, or ``PRICING_EXCHANGE_RATE_MISSING``.
        """
        standing = await self._standing_at(asked.at)
        if not standing.is_empty:
            inputs.price_mode = standing.mode(
                asked.known_at,
                places=asked.places,
                sales_channel=facts.sales_channel,
                cooperation_mode=facts.cooperation_mode,
            )
            inputs.frozen_place_codes.extend(standing.frozen(asked.known_at, asked.places))
        if facts.coupon_codes:
            await _add_coupons(inputs, facts, asked, book, case_id)
        if facts.currency and facts.currency != book.head.currency:
            await _add_exchange_rate(inputs, facts, asked, book.head.currency)

    async def _standing_at(self, at: datetime) -> Standing:
        async def ask() -> Standing:
            rows = await policies.standing(current_session(), at)
            return Standing(
                at,
                [switch_from_row(row) for row in rows if row.mode_code],
                [freeze_from_row(row) for row in rows if not row.mode_code],
            )

        return await self._standing.get(at, ask)


async def _add_coupons(
    inputs: pb.QuoteInputs, facts: pb.QuoteFacts, asked: Asked, book: PriceBook, case_id: str
) -> None:
    session, at = current_session(), asked.at
    codes = [settled_code(written) for written in facts.coupon_codes]
    found = await coupons.by_code(session, codes)
    own = await coupons.taken_by(session, case_id, codes) if case_id else set()
    promotions = {promotion.promotion_code for promotion in book.policies.promotions}
    counting: dict[str, None] = {}
    for number, (code, written) in enumerate(zip(codes, facts.coupon_codes, strict=True)):
        field = f"facts.coupon_codes[{number}]"
        if code not in found:
            raise unknown(written, field)
        coupon = coupon_from_rows(*found[code], has_one=code in own)
        check_usable(coupon, written, at, field)
        check_known_promotion(coupon, promotions, field)
        counting[coupon.promotion_code] = None
    inputs.coupon_promotion_codes.extend(counting)


async def _add_exchange_rate(
    inputs: pb.QuoteInputs, facts: pb.QuoteFacts, asked: Asked, own_currency: str
) -> None:
    at, known = asked.at, asked.known_at
    rows = await exchange_rates.between(current_session(), own_currency, facts.currency, at, known)
    rate = needed_rate(
        rates_from_rows(rows), own_currency, facts.currency, at, known, "facts.currency"
    )
    set_exchange_rate(inputs, rate)
