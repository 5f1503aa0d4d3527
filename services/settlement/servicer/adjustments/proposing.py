"""Adjustments are proposed: by hand, from facts by a rule, or by share of what is undone."""

from __future__ import annotations

from dataclasses import asdict

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.money import Money, to_fraction
from kit.rpc.convert import money_from_proto, money_to_proto
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments import adjustments as protos
from services.settlement.domain.adjustments import claw_back
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    Evidence,
    PartyShare,
    Proposal,
    adjustment_invalid,
    check_party,
    signed,
)
from services.settlement.domain.adjustments.month import check_month
from services.settlement.domain.adjustments.penalty import (
    PenaltyTerms,
    check_intervals,
    penalties,
)
from services.settlement.domain.adjustments.performance import Facts, performance
from services.settlement.domain.adjustments.rule import (
    AdjustmentRule,
    FlatTerms,
    RuleKind,
    terms_of,
)
from services.settlement.domain.adjustments.wording import penalty_words, performance_words
from services.settlement.servicer.adjustments.base import AdjustmentRpcs
from services.settlement.servicer.base import OPERATORS, Context, require_text
from services.settlement.store.adjustments import adjustments as store
from services.settlement.store.adjustments import rules
from services.settlement.store.earnings import earnings
from services.settlement.tables.earnings import EarningRow


class ProposingRpcs(AdjustmentRpcs):
    """What is to be added or taken."""

    async def ProposeAdjustment(
        self, request: pb.ProposeAdjustmentRequest, context: Context
    ) -> pb.Adjustment:
        current_actor().require_role(*OPERATORS)
        kind = _kind_by_hand(request)
        earning = await self._earning(request.earning_id)
        party = await _party(request, earning)
        rule = (
            await self._rule(RuleKind(kind.value), request.rule_code) if request.rule_code else None
        )
        amount = _amount(request, rule, earning)
        if request.month:
            check_month(request.month, self._clock.now())
        proposal = Proposal(
            kind=kind,
            shares=(PartyShare(*party, signed(kind, amount)),),
            reason=request.reason,
            explanation=rule.label if rule else "",
            evidence=protos.evidence_from_proto(request.evidence),
            earning_id=request.earning_id,
            case_id=earning.case_id if earning else "",
            work_order_id=earning.work_order_id if earning else "",
            month=request.month,
            rule_code=rule.rule_code if rule else "",
            rule_version=rule.version if rule else 0,
            cause_reference=request.cause_reference,
        )
        return self._shown(
            await self._adjusting.propose(proposal, rule, _outlet_of(earning, party))
        )

    async def ProposePerformance(
        self, request: pb.ProposePerformanceRequest, context: Context
    ) -> pb.ProposePerformanceResponse:
        current_actor().require_role(*OPERATORS)
        session = current_session()
        rule = await self._rule(RuleKind.PERFORMANCE, request.rule_code)
        bands = terms_of(rule)
        assert isinstance(bands, tuple)
        facts = _facts(request)
        earning = await earnings.lock(session, request.earning_id)
        base = Money(earning.currency, earning.total_minor)
        _check_currency(rule, earning.currency)
        noted = {**asdict(facts), "rating": request.rating}
        await rules.note(
            session,
            RuleKind.PERFORMANCE,
            noted,
            self._clock.now(),
            earning.earning_id,
            earning.work_order_id,
        )
        amount, band = performance(base, bands, facts)
        words = performance_words(base, band, facts, amount)
        response = pb.ProposePerformanceResponse(amount=money_to_proto(amount), explanation=words)
        if amount.amount_minor:
            party = ("technician", earning.technician_id)
            proposal = Proposal(
                kind=AdjustmentKind.PERFORMANCE,
                shares=(PartyShare(*party, amount),),
                reason=rule.label,
                explanation=words,
                evidence=(
                    *protos.evidence_from_proto(request.evidence),
                    Evidence("work_order", earning.work_order_id, words),
                ),
                earning_id=earning.earning_id,
                case_id=earning.case_id,
                work_order_id=earning.work_order_id,
                rule_code=rule.rule_code,
                rule_version=rule.version,
                cause_reference=earning.earning_id,
            )
            row = await self._adjusting.propose(proposal, rule, earning.outlet_id)
            response.adjustment.CopyFrom(self._shown(row))
        return response

    async def ProposePenalties(
        self, request: pb.ProposePenaltiesRequest, context: Context
    ) -> pb.ProposePenaltiesResponse:
        current_actor().require_role(*OPERATORS)
        require_text(request.work_order_id, "work_order_id", "which work was kept waiting")
        intervals = protos.intervals_from_proto(request.intervals)
        check_intervals(intervals)
        for each in intervals:
            check_party(each.party_kind, each.party_id)
        rule = await self._rule(RuleKind.SLA_PENALTY, request.rule_code)
        terms = terms_of(rule)
        assert isinstance(terms, PenaltyTerms)
        await rules.note(
            current_session(),
            RuleKind.SLA_PENALTY,
            {"intervals": [protos.interval_to_facts(each) for each in intervals]},
            self._clock.now(),
            work_order_id=request.work_order_id,
        )
        response = pb.ProposePenaltiesResponse()
        for penalty in penalties(intervals, terms):
            party = (penalty.party_kind, penalty.party_id)
            own = [each for each in intervals if (each.party_kind, each.party_id) == party]
            proposal = Proposal(
                kind=AdjustmentKind.SLA_PENALTY,
                shares=(PartyShare(*party, -penalty.amount),),
                reason=rule.label,
                explanation=penalty_words(penalty, terms),
                evidence=tuple(
                    Evidence(
                        "pause",
                        each.reference,
                        f"{each.blocked_from.isoformat()} – {each.blocked_to.isoformat()}"
                        f" {each.reason}".rstrip(),
                    )
                    for each in own
                ),
                case_id=request.case_id,
                work_order_id=request.work_order_id,
                rule_code=rule.rule_code,
                rule_version=rule.version,
                cause_reference=":".join(party),
            )
            row = await self._adjusting.propose(proposal, rule, _outlet_of(None, party))
            response.adjustments.append(self._shown(row))
        return response

    async def ProposeClawBack(
        self, request: pb.ProposeClawBackRequest, context: Context
    ) -> pb.Adjustment:
        current_actor().require_role(*OPERATORS)
        require_text(request.cause_reference, "cause_reference", "the refund or the rework order")
        rule = (
            await self._rule(RuleKind.CLAW_BACK, request.rule_code) if request.rule_code else None
        )
        session = current_session()
        earning = await earnings.lock(session, request.earning_id)
        claw_back.check_posted(earning.earning_state)
        if rule:
            _check_currency(rule, earning.currency)
        taken = await store.taken_of(session, earning)
        refunded = _refunded(request)
        amount_minor = _to_take(request, earning, taken)
        shares = [share.amount_minor for share in earning.shares]
        parts = claw_back.by_share(shares, taken.by_share, amount_minor)
        proposal = Proposal(
            kind=AdjustmentKind.CLAW_BACK,
            shares=tuple(
                PartyShare(s.party_kind, s.party_id, Money(earning.currency, -part))
                for s, part in zip(earning.shares, parts, strict=True)
            ),
            reason=request.reason,
            explanation=f"按收益 {earning.earning_id} 记录的分账逐方追回",
            evidence=(
                Evidence("cause", request.cause_reference),
                *protos.evidence_from_proto(request.evidence),
            ),
            earning_id=earning.earning_id,
            case_id=earning.case_id,
            work_order_id=earning.work_order_id,
            rule_code=rule.rule_code if rule else "",
            rule_version=rule.version if rule else 0,
            cause_reference=request.cause_reference,
        )
        return self._shown(
            await self._adjusting.propose(proposal, rule, earning.outlet_id, refunded)
        )

    async def _earning(self, earning_id: str) -> EarningRow | None:
        return await earnings.lock(current_session(), earning_id) if earning_id else None


def _kind_by_hand(request: pb.ProposeAdjustmentRequest) -> AdjustmentKind:
    name = protos.kind_name(request.kind)
    if name not in (AdjustmentKind.SUBSIDY, AdjustmentKind.DEDUCTION):
        raise adjustment_invalid(
            "propose a subsidy or a deduction; others have RPCs of their own", "kind"
        )
    return AdjustmentKind(name)


async def _party(
    request: pb.ProposeAdjustmentRequest, earning: EarningRow | None
) -> tuple[str, str]:
    """Whom it concerns: the earning's technician, another of its parties, or any party in a month."""
    given = (request.party_kind, request.party_id)
    if earning is None:
        if not request.month:
            raise adjustment_invalid("name an earning, or a party and a month", "month")
        check_party(*given)
        return given
    if not any(given):
        return ("technician", earning.technician_id)
    if await store.earning_share_of(current_session(), earning.earning_id, given) is None:
        raise adjustment_invalid(
            f"{given[0]} {given[1]} has no part of earning {earning.earning_id}", "party_id"
        )
    return given


def _amount(
    request: pb.ProposeAdjustmentRequest, rule: AdjustmentRule | None, earning: EarningRow | None
) -> Money:
    if rule is None:
        amount = money_from_proto(request.amount, "amount")
    elif request.HasField("amount"):
        raise adjustment_invalid("the rule says how much: give an amount or a rule", "amount")
    else:
        terms = terms_of(rule)
        assert isinstance(terms, FlatTerms)
        base = Money(earning.currency, earning.total_minor) if earning else None
        amount = terms.of(base, rule.currency)
    if earning is not None:
        _same_currency(amount.currency, earning.currency)
    return amount


def _facts(request: pb.ProposePerformanceRequest) -> Facts:
    if request.duration_minutes < 0 or request.standard_minutes < 0:
        raise adjustment_invalid("a duration is not negative", "duration_minutes")
    try:
        rating = to_fraction(request.rating) if request.rating else None
    except InvalidArgument as error:
        raise adjustment_invalid(f"{request.rating!r} is no rating; write 4.8", "rating") from error
    return Facts(rating, request.duration_minutes, request.standard_minutes)


def _refunded(request: pb.ProposeClawBackRequest) -> int:
    return request.refunded.amount_minor if request.HasField("refunded") else 0


def _to_take(
    request: pb.ProposeClawBackRequest, earning: EarningRow, taken: claw_back.Taken
) -> int:
    """How much of the settlement amount a claw-back takes."""
    if request.HasField("refunded") != request.HasField("paid"):
        raise adjustment_invalid("say what goes back, and of how much that was paid", "paid")
    if request.HasField("amount"):
        if request.HasField("refunded"):
            raise adjustment_invalid(
                "give an amount, or what is refunded of what was paid", "amount"
            )
        amount = money_from_proto(request.amount, "amount")
        _same_currency(amount.currency, earning.currency)
        if amount.amount_minor <= 0:
            raise adjustment_invalid("take back something above zero", "amount")
        return amount.amount_minor
    if request.HasField("refunded"):
        refunded = money_from_proto(request.refunded, "refunded")
        paid = money_from_proto(request.paid, "paid")
        _same_currency(refunded.currency, paid.currency)
        return claw_back.part_of_refund(
            earning.settlement_total_minor, taken, refunded.amount_minor, paid.amount_minor
        )
    return earning.settlement_total_minor - sum(taken.by_share)


def _outlet_of(earning: EarningRow | None, party: tuple[str, str]) -> str:
    if earning is not None:
        return earning.outlet_id
    return party[1] if party[0] == "outlet" else ""


def _check_currency(rule: AdjustmentRule, currency: str) -> None:
    _same_currency(rule.currency, currency)


def _same_currency(one: str, other: str) -> None:
    if one != other:
        raise InvalidArgument(
            "MONEY_CURRENCY_MISMATCH",
            f"{one} does not fit {other}; adjust in the currency of the earning",
            field="amount.currency",
        )
