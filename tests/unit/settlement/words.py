"""Short words for what these tests build again and again."""

from fractions import Fraction

from kit.money import Money
from services.settlement.domain.earnings.earning import EarningFacts, SettlementLine
from services.settlement.domain.splits.rule import SplitRule
from services.settlement.domain.splits.split import PartyKind, Portion
from services.settlement.domain.splits.terms import PortionTerm


def cny(amount_minor: int) -> Money:
    return Money("CNY", amount_minor)


def portions(*ratios: str) -> list[Portion]:
    kinds = list(PartyKind)
    return [Portion(kinds[i], Fraction(ratio)) for i, ratio in enumerate(ratios)]


def rule(*terms: tuple[str, str], mode: str = "") -> SplitRule:
    """A rule of (party, portion) pairs; "…" takes what remains."""
    return SplitRule(
        "standard",
        1,
        mode,
        tuple(
            PortionTerm(kind, "" if portion == "…" else portion, portion == "…")
            for kind, portion in terms
        ),
    )


def line(
    kind: str, amount_minor: int, explanation: str = "", currency: str = "CNY"
) -> SettlementLine:
    return SettlementLine(
        kind, f"{kind}费", Money(currency, amount_minor), f"r-{kind}", explanation
    )


def facts(*lines: SettlementLine, technician: str = "pe_zhang", outlet: str = "") -> EarningFacts:
    return EarningFacts(
        case_id="ca_1",
        work_order_id="wo_1",
        technician_id=technician,
        outlet_id=outlet,
        agent_id="",
        cooperation_mode="",
        quote_id="qt_1",
        lines=lines,
    )
