"""A dispatch decision: what was asked, what was known, by which policy, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.workorder.domain.dispatch.matching import Ranking
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Policy


@dataclass(frozen=True, slots=True)
class Known:
    """Which facts were known: all up to a number, but for some that came later.

    Attributes:
        through: the highest number of a fact.
        missing: lower numbers that were not there yet.
    """

    through: int = 0
    missing: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """One ranking, with all that anyone's answer can be computed from again.

    Attributes:
        need: what the work order asked; None of a decision that kept only its outcome.
        known: the facts it was decided on.
        evaluator: whose arithmetic.
    """

    decision_id: str
    work_order_id: str
    policy: Policy
    ranking: Ranking
    decided_at: datetime
    need: Need | None
    known: Known
    evaluator: int
