"""What rules find is the same in whichever order, and however often, the facts arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.anomalies.facts import Fact, Finding, Subject, SubjectKind
from services.workorder.domain.anomalies.finding import findings
from services.workorder.domain.anomalies.rule import Kind, Rule, Severity, require_rule
from services.workorder.domain.geo import Point

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(days=400)
HOME = Subject(SubjectKind.ADDRESS, "ad_1")
ZHANG = Subject(SubjectKind.TECHNICIAN, "zhang")
BEIJING, TIANJIN = Point(116.46, 39.92), Point(117.20, 39.12)
#: Kinds whose facts may arrive late.
LATE = [kind for kind in Kind if kind is not Kind.OVERCHARGE]


def rule(kind: Kind, **fields: Any) -> Rule:
    usual = Rule(kind, 1, 72, 2, 0, Severity.HIGH, 0, freezes_at_once=False, enabled=True)
    return replace(usual, **fields)


def fact(number: int, hours: float = 0, subject: Subject = HOME, **fields: Any) -> Fact:
    given = {"fact_id": f"f{number}", "work_order_id": f"wo_{number}", "technician_id": "zhang"}
    return Fact(subject=subject, at=START + timedelta(hours=hours), place_code="110105",
        **{**given, **fields})  # fmt: skip


def told(found: list[Finding]) -> dict[object, set[str]]:
    return {each.key: {one.fact.fact_id for one in each.evidence} for each in found}


def test_so_many_returns_at_one_address_are_found_with_their_evidence() -> None:
    terms = rule(Kind.REPEATED_RETURNS, threshold=3)
    facts = [fact(1), fact(2, 10), fact(3, 20), fact(4, 20, Subject(SubjectKind.ADDRESS, "ad_2"))]
    (found,) = findings(terms, facts, LONG_AGO)
    assert found.key.subject == HOME
    assert [each.fact.fact_id for each in found.evidence] == ["f1", "f2", "f3"]
    assert {(each.measured, each.limit) for each in found.evidence} == {(3, 3)}
    assert not findings(terms, [fact(1), fact(2, 10), fact(3, 72)], LONG_AGO)


def test_what_lies_on_both_sides_of_a_bucket_counts_together() -> None:
    terms = rule(Kind.REPEATED_RETURNS)
    border = terms.bucket_of(START) + terms.window
    around = [replace(fact(1), at=border - timedelta(minutes=1)), replace(fact(2), at=border)]
    (found,) = findings(terms, around, LONG_AGO)
    assert found.key.bucket == border


def test_two_places_that_nobody_gets_between_are_found() -> None:
    terms = rule(Kind.IMPOSSIBLE_TRAVEL, threshold=150, least=5_000, window_hours=12)
    here = fact(1, subject=ZHANG, where=BEIJING)
    there = fact(2, 0.5, subject=ZHANG, where=TIANJIN)
    (found,) = findings(terms, [here, there], LONG_AGO)
    first, second = found.evidence
    assert first.other_fact_id == "f2"
    assert second.other_fact_id == "f1"
    assert 100_000 < second.baseline < 120_000
    assert second.measured == second.baseline * 2 // 1_000
    in_time = replace(there, at=START + timedelta(hours=2))
    same_order = replace(there, work_order_id="wo_1")
    inexact = replace(there, accuracy_m=110_000)
    for harmless in (in_time, same_order, inexact):
        assert not findings(terms, [here, harmless], LONG_AGO)


def test_a_price_is_compared_with_what_was_usual_there_before() -> None:
    terms = rule(Kind.OVERCHARGE, threshold=150, least=3)
    usual = [fact(n, n, Subject(SubjectKind.TECHNICIAN, f"t{n}"), what="pipe", city="110100",
                  value=10_000) for n in range(3)]  # fmt: skip
    dear = fact(9, 10, ZHANG, what="pipe", city="110100", value=15_100)
    (found,) = findings(terms, [*usual, dear], LONG_AGO)
    assert found.key.subject == ZHANG
    (evidence,) = found.evidence
    assert (evidence.measured, evidence.limit, evidence.baseline) == (151, 150, 10_000)
    assert not findings(terms, [*usual, replace(dear, value=15_000)], LONG_AGO)
    assert not findings(terms, [*usual, replace(dear, city="120100")], LONG_AGO)
    assert not findings(terms, [*usual[1:], dear], LONG_AGO), "too few to say what is usual"


def test_one_serial_number_in_two_cities_is_found() -> None:
    serial = Subject(SubjectKind.SERIAL, "SN-1")
    terms = rule(Kind.DIVERSION)
    sold, seen = fact(1, 0, serial, city="440100"), fact(2, 5, serial, city="450100")
    assert len(findings(terms, [sold, seen], LONG_AGO)) == 1
    assert not findings(terms, [sold, replace(seen, city="440100")], LONG_AGO)


@st.composite
def heaps(draw: st.DrawFn) -> list[Fact]:
    subjects = [Subject(SubjectKind.TECHNICIAN, name) for name in ("zhang", "wang")]
    return [
        fact(
            number, draw(st.integers(0, 300)), draw(st.sampled_from(subjects)),
            city=draw(st.sampled_from(["110100", "120100"])),
            where=draw(st.sampled_from([BEIJING, TIANJIN])),
        )
        for number in range(draw(st.integers(0, 12)))
    ]  # fmt: skip


@given(st.sampled_from(LATE), heaps(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_late_twice_and_out_of_order_is_the_same(
    kind: Kind, facts: list[Fact], chance: Any, size: int
) -> None:
    terms = rule(kind, threshold=40 if kind is Kind.IMPOSSIBLE_TRAVEL else 2)
    whole = told(findings(terms, facts, LONG_AGO))
    arriving = [*facts, *facts[::2]]
    chance.shuffle(arriving)
    raised: dict[object, set[str]] = {}
    for end in (*range(0, len(arriving), size), len(arriving)):
        for key, evidence in told(findings(terms, arriving[:end], LONG_AGO)).items():
            raised.setdefault(key, set()).update(evidence)
    assert raised == whole


@given(heaps(), st.integers(1, 4))
def test_prices_that_arrive_as_they_happen_are_judged_once_and_for_all(
    facts: list[Fact], size: int
) -> None:
    priced = [replace(each, what="pipe", value=1_000 + 997 * number % 2_000)
              for number, each in enumerate(facts)]  # fmt: skip
    priced.sort(key=lambda each: (each.at, each.fact_id))
    terms = rule(Kind.OVERCHARGE, threshold=120, least=2)
    raised: dict[object, set[str]] = {}
    for end in (*range(0, len(priced), size), len(priced)):
        for key, evidence in told(findings(terms, priced[:end], LONG_AGO)).items():
            raised.setdefault(key, set()).update(evidence)
    assert raised == told(findings(terms, priced, LONG_AGO))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"window_hours": 0}, "rule.window_hours"),
        ({"threshold": 1}, "rule.threshold"),
        ({"freeze_hours": 9_000}, "rule.freeze_hours"),
        ({"freezes_at_once": True}, "rule.freezes_at_once"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_rule(rule(Kind.REPEATED_RETURNS, **wrong))
    assert refusal.value.field == field
