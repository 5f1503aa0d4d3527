"""Short words for the messages that these tests write again and again."""

from protos.common.v1.money_pb2 import Money
from protos.settlement.v1 import settlement_pb2 as pb


def money(amount_minor: int, currency: str = "CNY") -> Money:
    return Money(currency=currency, amount_minor=amount_minor)


def line(kind: str, amount_minor: int, label: str = "", currency: str = "CNY") -> pb.SettlementLine:
    return pb.SettlementLine(
        line_kind=kind,
        label=label or kind,
        amount=money(amount_minor, currency),
        rule_id=f"rule-{kind}",
    )


def portion(party_kind: str, ratio: str = "", remaining: bool = False) -> pb.SplitPortion:
    return pb.SplitPortion(party_kind=party_kind, portion=ratio, remaining=remaining)
