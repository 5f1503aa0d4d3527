"""Split rules on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto, money_to_proto
from protos.common.v1 import money_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.splits.rule import CommissionBase, RuleState, SplitRule
from services.settlement.domain.splits.stated import from_row, to_row
from services.settlement.domain.splits.terms import PortionTerm, TierTerm
from services.settlement.tables.splits import SplitRuleVersionRow

_STATES: Final[dict[str, pb.SplitRuleState.ValueType]] = {
    RuleState.PROPOSED: pb.SPLIT_RULE_STATE_PROPOSED,
    RuleState.APPROVED: pb.SPLIT_RULE_STATE_APPROVED,
    RuleState.REJECTED: pb.SPLIT_RULE_STATE_REJECTED,
}


def rule_from_proto(message: pb.SplitRule, today: date) -> SplitRule:
    """A split rule as it was put.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID`` for a base that is none,
            ``DAY_MALFORMED``, ``MONEY_CURRENCY_UNKNOWN``.
    """
    return SplitRule(
        split_rule_code=message.split_rule_code,
        version=message.version,
        cooperation_mode=message.cooperation_mode,
        terms=tuple(
            _term_from_proto(term, f"split_rule.portions[{i}]")
            for i, term in enumerate(message.portions)
        ),
        region_adcode=message.region_adcode,
        outlet_id=message.outlet_id,
        commission_base=_base(message.commission_base),
        excluded_to=message.excluded_to,
        review_required=message.review_required,
        effective_from=day_from_proto(message.effective_from, today, "split_rule.effective_from"),
    )


def version_row(rule: SplitRule, put_at: datetime, put_by_person_id: str) -> SplitRuleVersionRow:
    """The row of a version that is proposed, not stored yet."""
    return SplitRuleVersionRow(
        split_rule_code=rule.split_rule_code,
        version=rule.version,
        cooperation_mode=rule.cooperation_mode,
        portions=[to_row(term) for term in rule.terms],
        put_at=put_at,
        put_by_person_id=put_by_person_id,
        region_adcode=rule.region_adcode,
        outlet_id=rule.outlet_id,
        commission_base=rule.commission_base.value,
        excluded_to=rule.excluded_to,
        review_required=rule.review_required,
        effective_from=rule.effective_from,
        state=RuleState.PROPOSED.value,
        decided_by_person_id="",
        decision_reason="",
    )


def rule_to_proto(row: SplitRuleVersionRow) -> pb.SplitRule:
    """A version of a split rule on the wire."""
    return pb.SplitRule(
        split_rule_code=row.split_rule_code,
        version=row.version,
        cooperation_mode=row.cooperation_mode,
        portions=[_term_to_proto(from_row(term)) for term in row.portions],
        region_adcode=row.region_adcode,
        outlet_id=row.outlet_id,
        commission_base=row.commission_base,
        excluded_to=row.excluded_to,
        review_required=row.review_required,
        effective_from=row.effective_from.isoformat(),
        state=_STATES[row.state],
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        decided_at=instant_to_proto(row.decided_at),
        decided_by_person_id=row.decided_by_person_id,
        decision_reason=row.decision_reason,
    )


def _base(text: str) -> CommissionBase:
    try:
        return CommissionBase(text or CommissionBase.GROSS)
    except ValueError as error:
        raise InvalidArgument(
            "SETTLEMENT_SPLIT_RULE_INVALID",
            f"unknown commission base {text!r}; known: {', '.join(CommissionBase)}",
            field="split_rule.commission_base",
        ) from error


def _term_from_proto(message: pb.SplitPortion, field: str) -> PortionTerm:
    def money(name: str, stated: money_pb2.Money) -> Money | None:
        return money_from_proto(stated, f"{field}.{name}") if message.HasField(name) else None  # type: ignore[arg-type]

    return PortionTerm(
        party_kind=message.party_kind,
        portion=message.portion,
        remaining=message.remaining,
        party_id=message.party_id,
        fixed=money("fixed", message.fixed),
        tiers=tuple(
            TierTerm(
                money_from_proto(tier.from_amount, f"{field}.tiers[{i}].from_amount"), tier.portion
            )
            for i, tier in enumerate(message.tiers)
        ),
        graduated=message.graduated,
        at_least=money("at_least", message.at_least),
        at_most=money("at_most", message.at_most),
    )


def _term_to_proto(term: PortionTerm) -> pb.SplitPortion:
    return pb.SplitPortion(
        party_kind=term.party_kind,
        portion=term.portion,
        remaining=term.remaining,
        party_id=term.party_id,
        fixed=_money(term.fixed),
        tiers=[
            pb.SplitTier(from_amount=money_to_proto(tier.from_amount), portion=tier.portion)
            for tier in term.tiers
        ],
        graduated=term.graduated,
        at_least=_money(term.at_least),
        at_most=_money(term.at_most),
    )


def _money(amount: Money | None) -> money_pb2.Money | None:
    return None if amount is None else money_to_proto(amount)
