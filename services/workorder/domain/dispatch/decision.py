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
        planned_technician_id: whom the plan of the day sends, who therefore comes first whatever
            the scores; empty: nobody, or somebody who fails a hard rule by now.
    """

    decision_id: str
    work_order_id: str
    policy: Policy
    ranking: Ranking
    decided_at: datetime
    need: Need | None
    known: Known
    evaluator: int
    planned_technician_id: str = ""

    def places(self) -> list[int]:
        """The places of the candidates in the order in which they are asked."""
        ids = self.ranking.technician_ids
        first = [ids.index(self.planned_technician_id)] if self.planned_technician_id in ids else []
        return first + [place for place in range(len(ids)) if place not in first]
