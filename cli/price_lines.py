"""A quote as fee lines: what each rule adds to the total."""

from __future__ import annotations

from typing import Any

from kit.rpc.convert import money_from_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.explanations import explanation_of
from services.pricing.convert.views import CUSTOMER, view_of


def as_lines(quote: pb.QuoteResult) -> dict[str, Any]:
    """The customer's fee lines as plain data; they sum to the total.

    Amounts are decimal strings of major units, such as "240.00".
    """
    told = explanation_of(view_of(quote, CUSTOMER))
    rules = [
        {"code": part.rule_id, "label": part.label, "amount": decimal(part.amount)}
        for line in told.lines
        for part in line.parts
    ]
    taxes = [
        {"code": tax.tax_code, "label": tax.label, "amount": decimal(tax.amount)}
        for tax in quote.taxes
        if tax.side == book_pb2.SIDE_LIST and not tax.included
    ]
    return {
        "total": decimal(quote.total),
        "currency": quote.total.currency,
        "lines": [*rules, *taxes],
        "explanation": list(told.sentences),
    }


def decimal(amount: money_pb2.Money) -> str:
    """Major units, such as "240.00"."""
    return str(money_from_proto(amount, "amount").to_decimal())
