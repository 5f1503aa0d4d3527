"""The roster of dispatch in memory, kept up with what the database knows.

Before each use it takes in what was written since. What it then is, is exactly the facts up to a number
but for those that were not committed yet, so that a decision can name what it was made on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from services.workorder.domain.dispatch.decision import Known
from services.workorder.domain.dispatch.facts import Fact, OutletTerms, Profile, Workload
from services.workorder.domain.dispatch.roster import Roster

#: No transaction that writes facts lives this long: the number it drew will not be used any more.
_GIVEN_UP_AFTER_SECONDS: Final = 900.0


class DispatchIndex:
    """The roster, and the facts it consists of."""

    def __init__(self) -> None:
        self.roster = Roster()
        self._through = 0
        self._missing: dict[int, float] = {}
        self._newest: dict[tuple[type, str], int] = {}

    @property
    def known(self) -> Known:
        """Which facts the roster consists of, exactly."""
        return Known(self._through, frozenset(self._missing))

    def begin(self, known: Known, found: Iterable[Fact]) -> None:
        """Take in the newest of the known facts of every subject, if nothing is known yet."""
        if not self._through:
            self._through = known.through
            self._missing = dict.fromkeys(known.missing, time.monotonic())
            self._apply(found)

    def take(self, found: Iterable[Fact]) -> None:
        """Take in what a transaction saw beyond what was known when it asked.

        Of two that asked at once the one that saw less may come last; it changes nothing any more.
        """
        fresh = {
            fact.fact_id: fact
            for fact in found
            if fact.fact_id > self._through or fact.fact_id in self._missing
        }
        through, now = max(fresh, default=self._through), time.monotonic()
        missing = self._missing | dict.fromkeys(range(self._through + 1, through + 1), now)
        self._missing = {
            number: since
            for number, since in missing.items()
            if number not in fresh and now - since < _GIVEN_UP_AFTER_SECONDS
        }
        self._through = max(self._through, through)
        self._apply(fresh[number] for number in sorted(fresh))

    def _apply(self, found: Iterable[Fact]) -> None:
        for fact in found:
            subject = type(fact.said), fact.subject_id
            if fact.fact_id <= self._newest.get(subject, 0):
                continue
            self._newest[subject] = fact.fact_id
            match fact.said:
                case Profile():
                    self.roster.put_profile(fact.subject_id, fact.said)
                case Workload():
                    self.roster.put_workload(fact.subject_id, fact.said)
                case OutletTerms():
                    self.roster.put_outlet(fact.subject_id, fact.said)
