"""Tax of payees: profiles, tables, estimates, what was withheld. Balances in other currencies."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.settlement.v1 import (  # noqa: F401 - their descriptors are what is exposed
    currency_pb2,
    tax_pb2,
)
from services.gateway.rpc_routes import expose

_TAX: Final = "settlement.v1.TaxService"
_CURRENCY: Final = "settlement.v1.CurrencyService"

tax = APIRouter(prefix="/tax", tags=["tax 税务"])
expose(tax, "GET", "/payee-profiles", f"{_TAX}/ListPayeeProfiles", "Every version, by payee")
expose(
    tax,
    "POST",
    "/payee-profiles",
    f"{_TAX}/PutPayeeProfile",
    "Put the next version of a payee's profile 税务身份, from a day on",
    body="payee_profile",
    example={
        "party_kind": "technician",
        "payee_id": "zhang_shifu",
        "profile_kind": "PROFILE_KIND_PLATFORM_WORKER",
        "valid_from": "2026-01-01",
        "reason": "平台用工协议",
    },
)
expose(tax, "GET", "/payee-profiles/at", f"{_TAX}/GetPayeeProfile", "The one that counts on a day")
expose(tax, "GET", "/tables", f"{_TAX}/ListTaxTables", "Tax tables 预扣率表, the last put first")
expose(
    tax,
    "POST",
    "/tables",
    f"{_TAX}/PutTaxTable",
    "Put a tax table; it counts once somebody else has approved it",
    body="tax_table",
    example={
        "profile_kind": "PROFILE_KIND_LABOUR_SERVICE",
        "currency": "CNY",
        "valid_from": "2027-01-01",
        "span": "TAX_SPAN_MONTH",
        "allowances": [
            {"up_to_minor": 80000, "ratio": "1"},
            {"up_to_minor": 400000, "fixed_minor": 80000},
            {"ratio": "0.2"},
        ],
        "brackets": [
            {"up_to_minor": 2000000, "ratio": "0.2"},
            {"up_to_minor": 5000000, "ratio": "0.3", "quick_deduction_minor": 200000},
            {"ratio": "0.4", "quick_deduction_minor": 700000},
        ],
        "source": "税务局公告",
    },
)
expose(
    tax,
    "POST",
    "/tables/{tax_table_id}/approve",
    f"{_TAX}/ApproveTaxTable",
    "Say that a table is right; never by whoever put it",
)
expose(
    tax,
    "POST",
    "/estimate",
    f"{_TAX}/EstimateNet",
    "What would be left of an amount paid now 预估到手; for the technician and finance",
    example={
        "technician_id": "zhang_shifu",
        "amount": {"currency": "CNY", "amount_minor": 500000},
    },
)
expose(tax, "GET", "/withholdings", f"{_TAX}/ListWithholdings", "What was withheld from a payee")
expose(
    tax,
    "GET",
    "/totals",
    f"{_TAX}/ListTaxTotals",
    "By payee, of a year or its months; as a file: /exports/tax-totals.xlsx",
)

conversions = APIRouter(prefix="/conversions", tags=["conversions 兑换"])
expose(conversions, "GET", "", f"{_CURRENCY}/ListConversions", "What was converted")
expose(
    conversions,
    "POST",
    "/preview",
    f"{_CURRENCY}/PreviewConversion",
    "What an amount of a balance would be in another currency now",
    example={
        "party_kind": "technician",
        "party_id": "zhang_shifu",
        "amount": {"currency": "THB", "amount_minor": 1000000},
        "to_currency": "CNY",
    },
)
expose(
    conversions,
    "POST",
    "",
    f"{_CURRENCY}/ConvertBalance",
    "Convert it at the previewed rate and post the gain or the loss",
    example={
        "party_kind": "technician",
        "party_id": "zhang_shifu",
        "amount": {"currency": "THB", "amount_minor": 1000000},
        "to_currency": "CNY",
        "exchange_rate_id": "er_…",
        "reason": "付人民币",
    },
)
expose(
    conversions,
    "GET",
    "/exposures",
    f"{_CURRENCY}/ListExposures",
    "What is owed in other currencies, as booked and at the present rate",
)

ROUTERS: Final = (tax, conversions)
