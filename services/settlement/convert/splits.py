"""Split rules on the wire."""

from __future__ import annotations

from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.domain.splits.rule import SplitRule
from services.settlement.domain.splits.split import PortionTerm


def rule_from_proto(message: pb.SplitRule) -> SplitRule:
    """A split rule as it was put."""
    return SplitRule(
        split_rule_code=message.split_rule_code,
        version=message.version,
        cooperation_mode=message.cooperation_mode,
        terms=tuple(
            PortionTerm(term.party_kind, term.portion, term.remaining) for term in message.portions
        ),
    )


def rule_to_proto(rule: SplitRule) -> pb.SplitRule:
    """A split rule on the wire."""
    return pb.SplitRule(
        split_rule_code=rule.split_rule_code,
        version=rule.version,
        cooperation_mode=rule.cooperation_mode,
        portions=[
            pb.SplitPortion(
                party_kind=term.party_kind, portion=term.portion, remaining=term.remaining
            )
            for term in rule.terms
        ],
    )
