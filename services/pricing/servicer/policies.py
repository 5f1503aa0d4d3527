"""``PolicyService``: what holds beside the price books for a while."""

from __future__ import annotations

from kit.clock import Clock
from services.pricing.index import Shelf
from services.pricing.servicer.coupons import CouponRpcs
from services.pricing.servicer.exchange_rates import ExchangeRateRpcs
from services.pricing.servicer.freezes import FreezeRpcs
from services.pricing.servicer.price_modes import PriceModeRpcs
from services.pricing.servicer.region_policies import RegionPolicyRpcs


class PolicyServicer(PriceModeRpcs, FreezeRpcs, CouponRpcs, ExchangeRateRpcs, RegionPolicyRpcs):
    """Price modes, freezes, coupons, exchange rates, region policies."""

    def __init__(self, clock: Clock, shelf: Shelf) -> None:
        self._clock = clock
        self._shelf = shelf
