"""Price modes, freezes, coupons, exchange rates and region policies, between messages, rows and
decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1 import pricing_pb2
from services.pricing.domain.policies.coupons import Coupon, CouponBatch
from services.pricing.domain.policies.exchange_rates import RecordedRate
from services.pricing.domain.policies.freezes import ProtectionPolicy, Reach
from services.pricing.domain.policies.price_modes import ModeSwitch
from services.pricing.domain.policies.region_policies import RegionPolicy, SettlementCycle
from services.pricing.domain.policies.standing import Freeze
from services.pricing.domain.policies.terms import Term
from services.pricing.domain.quote import Quoted
from services.pricing.domain.taxes import ExchangeRate
from services.pricing.tables import (
    CouponBatchRow,
    CouponRow,
    CouponUseRow,
    ExchangeRateRow,
    FreezeRow,
    PriceModeSwitchRow,
    ProtectionPolicyRow,
    RegionPolicyRow,
)

_REACHES: Final = {
    pb.FREEZE_REACH_UNSPECIFIED: Reach.DISTRICT,
    pb.FREEZE_REACH_DISTRICT: Reach.DISTRICT,
    pb.FREEZE_REACH_CITY: Reach.CITY,
    pb.FREEZE_REACH_PROVINCE: Reach.PROVINCE,
}
_REACHES_SAID: Final = {each: number for number, each in _REACHES.items()}
_CYCLES: Final = {
    pb.SETTLEMENT_CYCLE_PER_WORK_ORDER: SettlementCycle.PER_WORK_ORDER,
    pb.SETTLEMENT_CYCLE_WEEKLY: SettlementCycle.WEEKLY,
    pb.SETTLEMENT_CYCLE_HALF_MONTHLY: SettlementCycle.HALF_MONTHLY,
    pb.SETTLEMENT_CYCLE_MONTHLY: SettlementCycle.MONTHLY,
    pb.SETTLEMENT_CYCLE_QUARTERLY: SettlementCycle.QUARTERLY,
}
_CYCLES_SAID: Final = {each: number for number, each in _CYCLES.items()}


def instant_of(message: Message, name: str, field: str = "") -> datetime | None:
    """The instant that a message says in one of its fields, if any.

    Args:
        field: where it stands in the request, unless it is the name itself.
    """
    if not message.HasField(name):
        return None
    return instant_from_proto(getattr(message, name), field or name)


def term_of(row: Any) -> Term:
    """When a switch or a freeze holds."""
    return Term(row.recorded_at, row.begins_at, row.ends_at, row.ended_at)


def switch_from_row(row: Any) -> ModeSwitch:
    """A switch as it decides."""
    return ModeSwitch(
        row.switch_id,
        row.mode_code,
        row.place_code,
        row.sales_channel,
        row.cooperation_mode,
        term_of(row),
    )


def freeze_from_row(row: Any) -> Freeze:
    """A freeze as it decides."""
    return Freeze(row.place_code, term_of(row))


def switch_to_proto(row: PriceModeSwitchRow) -> pb.PriceModeSwitch:
    """A switch on the wire."""
    return pb.PriceModeSwitch(
        switch_id=row.switch_id,
        mode_code=row.mode_code,
        scope=pb.PriceModeScope(
            place_code=row.place_code,
            sales_channel=row.sales_channel,
            cooperation_mode=row.cooperation_mode,
        ),
        begins_at=instant_to_proto(row.begins_at),
        ends_at=instant_to_proto(row.ends_at),
        reason=row.reason,
        switched_at=instant_to_proto(row.recorded_at),
        switched_by_person_id=row.recorded_by_person_id,
        ended_at=instant_to_proto(row.ended_at),
        ended_by_person_id=row.ended_by_person_id,
        end_reason=row.end_reason,
    )


def freeze_to_proto(row: FreezeRow) -> pb.Freeze:
    """A freeze on the wire."""
    return pb.Freeze(
        freeze_id=row.freeze_id,
        place_code=row.place_code,
        reason=row.reason,
        frozen_at=instant_to_proto(row.begins_at),
        thaws_at=instant_to_proto(row.ends_at),
        frozen_by_person_id=row.recorded_by_person_id,
        thawed_at=instant_to_proto(row.ended_at),
        thawed_by_person_id=row.ended_by_person_id,
        thaw_reason=row.end_reason,
        protection_policy_version=row.protection_policy_version or 0,
        anomaly_id=row.anomaly_id or "",
    )


def protection_from_proto(message: pb.ProtectionPolicy, version: int) -> ProtectionPolicy:
    """A protection as it is wanted."""
    return ProtectionPolicy(
        version,
        message.cancellation_count,
        message.within_days,
        message.freeze_days,
        _REACHES[message.reach],
    )


def protection_from_row(row: ProtectionPolicyRow) -> ProtectionPolicy:
    """A version of the protection."""
    return ProtectionPolicy(
        row.version, row.cancellation_count, row.within_days, row.freeze_days, Reach(row.reach)
    )


def protection_to_row(
    policy: ProtectionPolicy, put_at: datetime, by_person_id: str
) -> ProtectionPolicyRow:
    """A version of the protection as it will be kept."""
    return ProtectionPolicyRow(
        version=policy.version,
        cancellation_count=policy.cancellation_count,
        within_days=policy.within_days,
        freeze_days=policy.freeze_days,
        reach=policy.reach,
        put_at=put_at,
        put_by_person_id=by_person_id,
    )


def protection_to_proto(row: ProtectionPolicyRow) -> pb.ProtectionPolicy:
    """A version of the protection on the wire."""
    return pb.ProtectionPolicy(
        version=row.version,
        cancellation_count=row.cancellation_count,
        within_days=row.within_days,
        freeze_days=row.freeze_days,
        reach=_REACHES_SAID[Reach(row.reach)],
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def batch_from_proto(message: pb.CouponBatch, now: datetime) -> CouponBatch:
    """A batch as it is wanted."""
    return CouponBatch(
        message.promotion_code,
        message.quota_per_code,
        message.limit_per_customer,
        instant_of(message, "valid_from", "batch.valid_from") or now,
        instant_of(message, "valid_until", "batch.valid_until"),
    )


def batch_to_proto(row: CouponBatchRow) -> pb.CouponBatch:
    """A batch on the wire."""
    return pb.CouponBatch(
        batch_id=row.batch_id,
        promotion_code=row.promotion_code,
        label=row.label,
        quota_per_code=row.quota_per_code,
        limit_per_customer=row.limit_per_customer,
        valid_from=instant_to_proto(row.valid_from),
        valid_until=instant_to_proto(row.valid_until),
        code_count=row.code_count,
        created_at=instant_to_proto(row.created_at),
        created_by_person_id=row.created_by_person_id,
    )


def coupon_from_rows(coupon: CouponRow, batch: CouponBatchRow, *, has_one: bool = False) -> Coupon:
    """A code as it decides.

    Args:
        has_one: who asks has one of its quota.
    """
    return Coupon(
        coupon.coupon_code,
        batch.promotion_code,
        batch.valid_from,
        batch.valid_until,
        has_left=has_one or coupon.taken < coupon.quota,
    )


def coupon_to_proto(coupon: CouponRow, batch: CouponBatchRow) -> pb.Coupon:
    """A code on the wire."""
    return pb.Coupon(
        coupon_code=coupon.coupon_code,
        batch_id=coupon.batch_id,
        promotion_code=batch.promotion_code,
        quota=coupon.quota,
        taken=coupon.taken,
    )


def use_to_proto(row: CouponUseRow) -> pb.CouponUse:
    """One taken of a quota on the wire."""
    state = pb.COUPON_USE_STATE_RESERVED
    if row.redeemed_at is not None:
        state = pb.COUPON_USE_STATE_REDEEMED
    if row.released_at is not None:
        state = pb.COUPON_USE_STATE_RELEASED
    return pb.CouponUse(
        coupon_use_id=row.coupon_use_id,
        coupon_code=row.coupon_code,
        promotion_code=row.promotion_code,
        case_id=row.case_id,
        customer_id=row.customer_id,
        state=state,
        reserved_at=instant_to_proto(row.reserved_at),
        redeemed_at=instant_to_proto(row.redeemed_at),
        released_at=instant_to_proto(row.released_at),
    )


def rates_from_rows(rows: Iterable[ExchangeRateRow]) -> list[RecordedRate]:
    """Exchange rates as they decide."""
    return [
        RecordedRate(
            ExchangeRate(
                row.exchange_rate_id, row.from_currency, row.to_currency, row.ratio, row.valid_from
            ),
            row.inverse_too,
            row.recorded_at,
            row.rate_number,
        )
        for row in rows
    ]


def rate_to_proto(row: ExchangeRateRow) -> pb.ExchangeRate:
    """An exchange rate on the wire."""
    return pb.ExchangeRate(
        exchange_rate_id=row.exchange_rate_id,
        from_currency=row.from_currency,
        to_currency=row.to_currency,
        ratio=row.ratio,
        valid_from=instant_to_proto(row.valid_from),
        source=row.source,
        inverse_too=row.inverse_too,
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
    )


def revalued_to_proto(
    stored: pricing_pb2.QuoteResult,
    inputs: pricing_pb2.QuoteInputs,
    revalued: Quoted,
    *,
    with_settlement: bool,
) -> pb.RevaluedQuote:
    """A stored quote beside what it comes to by other inputs."""

    def money(minor: int) -> money_pb2.Money:
        return money_pb2.Money(currency=revalued.currency, amount_minor=minor)

    found = pb.RevaluedQuote(
        quote_id=stored.quote_id,
        case_id=stored.case_id,
        total=stored.total,
        revalued_total=money(revalued.total),
        difference=money(revalued.total - stored.total.amount_minor),
        exchange_rate_id=stored.inputs.exchange_rate_id,
        ratio=stored.inputs.exchange_ratio,
        revalued_exchange_rate_id=inputs.exchange_rate_id,
        revalued_ratio=inputs.exchange_ratio,
    )
    if with_settlement:
        more = revalued.settlement_total - stored.settlement_total.amount_minor
        found.settlement_difference.CopyFrom(money(more))
    return found


def cycle_from_proto(cycle: pb.SettlementCycle.ValueType) -> SettlementCycle | None:
    """How often earnings are settled; None: it is not said."""
    return _CYCLES.get(cycle)


def region_policy_from_row(row: RegionPolicyRow) -> RegionPolicy:
    """A region policy as it decides."""
    return RegionPolicy(row.region_policy_id, row.place_code, row.effective_from, row.policy_number)


def region_policy_to_proto(row: RegionPolicyRow) -> pb.RegionPolicy:
    """A region policy on the wire."""
    return pb.RegionPolicy(
        region_policy_id=row.region_policy_id,
        place_code=row.place_code,
        effective_from=instant_to_proto(row.effective_from),
        settlement_cycle=_CYCLES_SAID[SettlementCycle(row.settlement_cycle)],
        discount_note=row.discount_note,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )
