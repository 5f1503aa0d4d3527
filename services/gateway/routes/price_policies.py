"""What holds beside the price books: price modes, freezes, coupons, exchange rates, region policies."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.pricing.v1 import policy_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "pricing.v1.PolicyService"

_SCOPE: Final = {"place_code": "CN-EAST", "sales_channel": "tmall"}
_SWITCH: Final = {
    "mode_code": "promotion_season",
    "scope": _SCOPE,
    "begins_at": "2026-11-10T20:00:00+08:00",
    "ends_at": "2026-11-12T00:00:00+08:00",
    "reason": "双十一",
}
_FREEZE: Final = {"place_code": "110105", "reason": "同一地址频繁退单", "hours": 72}
_THAW: Final = {"place_code": "110105", "reason": "已核实"}
_PROTECTION: Final = {
    "cancellation_count": 3,
    "within_days": 30,
    "freeze_days": 7,
    "reach": "FREEZE_REACH_DISTRICT",
}
_BATCH: Final = {
    "batch": {
        "promotion_code": "AUTUMN-30",
        "label": "秋季券",
        "quota_per_code": 1,
        "limit_per_customer": 1,
        "valid_until": "2026-12-01T00:00:00+08:00",
    },
    "generated_count": 100,
}
_RESERVATION: Final = {"coupon_code": "AUTUMN2026", "case_id": "ca_…", "customer_id": "cu_…"}
_RATE: Final = {
    "from_currency": "CNY",
    "to_currency": "THB",
    "ratio": "4.8125",
    "valid_from": "2026-11-01T09:15:00+08:00",
    "source": "中国人民银行中间价",
}
_REGION_POLICY: Final = {
    "place_code": "CN-EAST",
    "settlement_cycle": "SETTLEMENT_CYCLE_HALF_MONTHLY",
    "discount_note": "满减不与优惠券叠加",
}
_PLACE: Final = {
    "place": {
        "adcode": "110105",
        "adcode_path": ["110105", "110100", "110000", "CN-NORTH", "CN"],
    }
}

modes = APIRouter(prefix="/price-modes", tags=["price-modes 价格模式"])
expose(modes, "GET", "", f"{_SERVICE}/ListPriceModes", "All price modes")
expose(
    modes,
    "PUT",
    "/{mode_code}",
    f"{_SERVICE}/PutPriceMode",
    "Make a price mode, or give it another label",
    body="price_mode",
    example={"label": "大促"},
)
expose(modes, "GET", "/switches", f"{_SERVICE}/ListPriceModeSwitches", "Who switched what when")
expose(
    modes,
    "POST",
    "/switches",
    f"{_SERVICE}/SwitchPriceMode",
    "Switch the mode of a scope; it returns by itself",
    example=_SWITCH,
)
expose(
    modes,
    "POST",
    "/switches/preview",
    f"{_SERVICE}/PreviewPriceModeSwitch",
    "What is priced by a mode, and which mode a scope has now",
    example={"mode_code": "promotion_season", "scope": _SCOPE},
)
expose(
    modes,
    "POST",
    "/switches/{switch_id}/undo",
    f"{_SERVICE}/UndoPriceModeSwitch",
    "Back at once to what was before",
    example={"reason": "按错了"},
)

freezes = APIRouter(prefix="/freezes", tags=["freezes 区域特惠冻结"])
expose(freezes, "GET", "", f"{_SERVICE}/ListFreezes", "Freezes, such as those of a region now")
expose(
    freezes,
    "POST",
    "",
    f"{_SERVICE}/FreezeRegionPolicy",
    "Put a region's special policies aside for some time",
    example=_FREEZE,
)
expose(
    freezes,
    "POST",
    "/thaw",
    f"{_SERVICE}/ThawRegionPolicy",
    "End every freeze of a region",
    example=_THAW,
)

protections = APIRouter(prefix="/protection-policies", tags=["freezes 区域特惠冻结"])
expose(
    protections,
    "GET",
    "",
    f"{_SERVICE}/ListProtectionPolicies",
    "When cancellations freeze a region, every version of it",
)
expose(
    protections,
    "POST",
    "",
    f"{_SERVICE}/PutProtectionPolicy",
    "Have other cancellations freeze a region",
    body="protection_policy",
    example=_PROTECTION,
)

batches = APIRouter(prefix="/coupon-batches", tags=["coupons 优惠券"])
expose(batches, "GET", "", f"{_SERVICE}/ListCouponBatches", "Batches of coupons")
expose(
    batches,
    "POST",
    "",
    f"{_SERVICE}/CreateCouponBatch",
    "Make coupons: these codes, or so many",
    example=_BATCH,
)
expose(
    batches,
    "POST",
    "/{batch_id}/end",
    f"{_SERVICE}/EndCouponBatch",
    "Take no code of it any more",
    example={},
)

coupons = APIRouter(prefix="/coupons", tags=["coupons 优惠券"])
expose(coupons, "GET", "", f"{_SERVICE}/ListCoupons", "Codes, and how much of each is taken")

uses = APIRouter(prefix="/coupon-uses", tags=["coupons 优惠券"])
expose(uses, "GET", "", f"{_SERVICE}/ListCouponUses", "Who has taken coupons")
expose(
    uses,
    "POST",
    "",
    f"{_SERVICE}/ReserveCoupon",
    "Take one of a code's quota for a case",
    example=_RESERVATION,
)
for _verb, _rpc, _summary in (
    ("redeem", "RedeemCoupon", "It was used for good"),
    ("release", "ReleaseCoupon", "Give it back to its code's quota"),
):
    expose(uses, "POST", f"/{{coupon_use_id}}/{_verb}", f"{_SERVICE}/{_rpc}", _summary, example={})

rates = APIRouter(prefix="/exchange-rates", tags=["exchange-rates 汇率"])
expose(rates, "GET", "", f"{_SERVICE}/ListExchangeRates", "All that were recorded")
expose(
    rates,
    "POST",
    "",
    f"{_SERVICE}/PutExchangeRate",
    "Record a rate, or correct the one of the same instant",
    body="exchange_rate",
    example=_RATE,
)
expose(rates, "GET", "/at", f"{_SERVICE}/GetExchangeRate", "The rate at an instant, as known then")
expose(
    rates,
    "GET",
    "/revalued-quotes",
    f"{_SERVICE}/RevalueQuotes",
    "What quotes would come to at another instant's rate",
)

region_policies = APIRouter(prefix="/region-policies", tags=["region-policies 区域政策"])
expose(region_policies, "GET", "", f"{_SERVICE}/ListRegionPolicies", "What regions go by")
expose(
    region_policies,
    "POST",
    "",
    f"{_SERVICE}/PutRegionPolicy",
    "Have a region go by something else",
    body="region_policy",
    example=_REGION_POLICY,
)
expose(
    region_policies,
    "POST",
    "/at",
    f"{_SERVICE}/GetRegionPolicy",
    "What a place goes by",
    example=_PLACE,
)

ROUTERS: Final = (
    modes,
    freezes,
    protections,
    batches,
    coupons,
    uses,
    rates,
    region_policies,
)
