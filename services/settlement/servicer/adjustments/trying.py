"""A rule is tried on what was noted and posted in a time that is past."""

from __future__ import annotations

from kit.db.session import current_session
from kit.money import Money
from services.settlement.convert.adjustments.adjustments import interval_from_facts
from services.settlement.convert.adjustments.trials import base_of, facts_of
from services.settlement.domain.adjustments import trial
from services.settlement.domain.adjustments.adjustment import AdjustmentKind
from services.settlement.domain.adjustments.penalty import PenaltyTerms
from services.settlement.domain.adjustments.rule import (
    AdjustmentRule,
    FlatTerms,
    HoldbackTerms,
    terms_of,
)
from services.settlement.domain.adjustments.trial import Trial
from services.settlement.store.adjustments import trials as store
from services.settlement.store.adjustments.trials import Span


async def tried(rule: AdjustmentRule, span: Span) -> tuple[list[Trial], int]:
    """What a rule would have given, and on how many facts or earnings it was tried."""
    session, kind = current_session(), rule.rule_kind
    match terms_of(rule):
        case tuple() as bands:
            noted = {row.earning_id: row for row in await store.facts(session, kind, span)}
            rows = await store.earnings(session, list(noted))
            pairs = [(base_of(row), facts_of(noted[row.earning_id].facts)) for row in rows]
            return trial.try_performance(bands, pairs, rule.currency), len(pairs)
        case PenaltyTerms() as penalty:
            last = {row.work_order_id: row for row in await store.facts(session, kind, span)}
            waits = [
                (work_order, [interval_from_facts(each) for each in row.facts["intervals"]])
                for work_order, row in last.items()
            ]
            return trial.try_penalty(penalty, waits), len(waits)
        case FlatTerms() as flat:
            rows = await store.posted_earnings(session, span, rule.currency)
            bases = [base_of(row) for row in rows]
            return trial.try_flat(AdjustmentKind(kind.value), flat, bases), len(bases)
        case HoldbackTerms() as kept:
            rows = await store.posted_earnings(session, span, rule.currency)
            return trial.try_holdback(kept, [base_of(row) for row in rows]), len(rows)
        case _:
            return await _let_through(rule, span)


async def _let_through(rule: AdjustmentRule, span: Span) -> tuple[list[Trial], int]:
    """Claw-backs that would have gone through without approval, had a flow proposed them."""
    found = await store.claw_backs(current_session(), span, rule.currency)
    trials = [
        Trial(
            "", "", row.earning_id or "", row.work_order_id,
            Money(row.currency, row.amount_minor), row.reason,
        )
        for row in found
        if abs(row.amount_minor) <= rule.automatic_limit_minor
    ]  # fmt: skip
    return trials, len(found)
