"""Amounts of rows on the wire."""

from __future__ import annotations

from kit.money import Money
from kit.rpc.convert import money_to_proto
from protos.common.v1 import money_pb2


def amount(amount_minor: int, currency: str) -> money_pb2.Money:
    """An amount as a row keeps it, in minor units beside its currency."""
    return money_to_proto(Money(currency, amount_minor))
