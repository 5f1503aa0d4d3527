"""What a rule finds in facts.

What counts together is a window that ends with each fact. More facts never take a finding away, and
the bucket of the fact that completed it names it: whoever looks again, in any order, finds the same.
Prices are the exception: a price is compared with those before it, so they are facts of our own clock
that never arrive late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.workorder.domain.anomalies.facts import Evidence, Fact, Finding, Key
from services.workorder.domain.anomalies.rule import Kind, Rule
from services.workorder.domain.geo import road_metres

#: The fact that completed what was found, and an evidence of it.
_Found = Iterator[tuple[Fact, Evidence]]
_STRAIGHT: Final = 10_000
#: Two reports of one moment are not infinitely fast.
_LEAST_TIME: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def findings(rule: Rule, facts: Iterable[Fact], since: datetime) -> list[Finding]:
    """What a rule finds; the same for the same facts, however often and in whichever order.

    Args:
        facts: from one window before ``since`` on.
        since: what was complete before is not told again.

    Returns:
        By subject and bucket.
    """
    known = {(fact.subject, fact.fact_id): fact for fact in facts}
    ordered = sorted(known.values(), key=lambda fact: (fact.at, fact.fact_id))
    together: dict[object, list[Fact]] = defaultdict(list)
    for fact in ordered:
        # Prices are compared with everybody's, all else with the subject's own.
        priced = rule.kind is Kind.OVERCHARGE
        together[(fact.what, fact.city) if priced else fact.subject].append(fact)
    found: dict[Key, dict[str, Evidence]] = defaultdict(dict)
    for group in together.values():
        for completing, evidence in _FINDERS[rule.kind](rule, group):
            if completing.at >= since:
                key = Key(rule.kind, completing.subject, rule.bucket_of(completing.at))
                _keep(found[key], evidence)
    return [
        Finding(key, tuple(sorted(found[key].values(), key=_when)))
        for key in sorted(found, key=lambda key: (key.subject, key.bucket))
    ]


def _keep(kept: dict[str, Evidence], evidence: Evidence) -> None:
    """Of what is measured of one fact, the most."""
    before = kept.get(evidence.fact.fact_id)
    if before is None or _rank(evidence) > _rank(before):
        kept[evidence.fact.fact_id] = evidence


def _when(evidence: Evidence) -> tuple[datetime, str]:
    return evidence.fact.at, evidence.fact.fact_id


def _rank(evidence: Evidence) -> tuple[int, str]:
    return evidence.measured, evidence.other_fact_id


def _often(rule: Rule, facts: Sequence[Fact]) -> _Found:
    """So many facts within a window."""
    first = 0
    for last, fact in enumerate(facts):
        while facts[first].at <= fact.at - rule.window:
            first += 1
        count = last - first + 1
        if count >= rule.threshold:
            for each in facts[first : last + 1]:
                yield fact, Evidence(each, count, rule.threshold)


def _cities(rule: Rule, facts: Sequence[Fact]) -> _Found:
    """One thing in so many cities within a window."""
    known = [fact for fact in facts if fact.city]
    first = 0
    for last, fact in enumerate(known):
        while known[first].at <= fact.at - rule.window:
            first += 1
        together = known[first : last + 1]
        count = len({each.city for each in together})
        if count >= rule.threshold:
            for each in together:
                yield fact, Evidence(each, count, rule.threshold)


def _travel(rule: Rule, facts: Sequence[Fact]) -> _Found:
    """One person at two work orders that nobody gets between in that time."""
    for last, fact in enumerate(facts):
        for before in reversed(facts[:last]):
            if before.at <= fact.at - rule.window:
                break
            if before.work_order_id == fact.work_order_id:
                continue
            metres = _metres_at_least(before, fact)
            speed = _speed(metres, fact.at - before.at)
            if metres >= max(1, rule.least) and speed > rule.threshold:
                yield fact, Evidence(fact, speed, rule.threshold, metres, before.fact_id)
                yield fact, Evidence(before, speed, rule.threshold, metres, fact.fact_id)


def _metres_at_least(one: Fact, other: Fact) -> int:
    """The straight way, in their favour by what the phone said of its accuracy."""
    if one.where is None or other.where is None:
        return 0
    return road_metres(one.where, other.where, _STRAIGHT) - one.accuracy_m - other.accuracy_m


def _speed(metres: int, time: timedelta) -> int:
    """In whole km/h."""
    return metres * _HOUR // max(time, _LEAST_TIME) // 1_000


def _prices(rule: Rule, facts: Sequence[Fact]) -> _Found:
    """One piece for more than so many percent of the median of what it cost before, in that city."""
    for last, fact in enumerate(facts):
        earlier = [each.value for each in facts[:last] if fact.at - rule.window < each.at < fact.at]
        if len(earlier) < max(1, rule.least):
            continue
        usual = sorted(earlier)[len(earlier) // 2]  # of two in the middle the dearer one
        percent = fact.value * 100 // usual if usual else 0
        if percent > rule.threshold:
            yield fact, Evidence(fact, percent, rule.threshold, usual)


_FINDERS: Final[dict[Kind, Callable[[Rule, Sequence[Fact]], _Found]]] = {
    Kind.REPEATED_RETURNS: _often,
    Kind.SAME_PHOTO: _often,
    Kind.OUT_OF_TERRITORY: _often,
    Kind.DIVERSION: _cities,
    Kind.IMPOSSIBLE_TRAVEL: _travel,
    Kind.OVERCHARGE: _prices,
}
