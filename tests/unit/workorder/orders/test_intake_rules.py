from dataclasses import replace
from datetime import timedelta

import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.orders.intake_rules import (
    Condition,
    Facts,
    Rule,
    priority_by,
    require_rules,
    team_by,
)

LEAK = Facts(
    stage="aftersale",
    item_codes=frozenset({"faucet"}),
    customer_level="gold",
    source="scan",
    in_warranty=True,
    age=timedelta(minutes=20),
    text="厨房漏水\n很急",
)
URGENT = Rule("leak", "漏水优先", Condition(keywords=("漏水", "漏电")), priority=1)
GOLD = Rule("gold", "金牌客户", Condition(customer_levels=frozenset({"gold"})), priority=2)
REPAIRS = Rule("repairs", "售后归维修", Condition(stages=frozenset({"aftersale"})), team_id="tm_r")


def test_the_first_rule_that_fits_gives_the_priority() -> None:
    assert priority_by([URGENT, GOLD], LEAK) is URGENT
    assert priority_by([GOLD, URGENT], LEAK) is GOLD


def test_a_rule_that_says_nothing_of_the_priority_is_passed_over_for_it() -> None:
    assert priority_by([REPAIRS, GOLD], LEAK) is GOLD
    assert team_by([GOLD, REPAIRS], LEAK) is REPAIRS


def test_no_rule_no_priority() -> None:
    assert priority_by([URGENT], replace(LEAK, text="保养")) is None


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        (Condition(stages=frozenset({"aftersale"})), {"stage": "install"}),
        (Condition(item_codes=frozenset({"faucet", "x"})), {"item_codes": frozenset({"y"})}),
        (Condition(customer_levels=frozenset({"gold"})), {"customer_level": ""}),
        (Condition(sources=frozenset({"scan"})), {"source": "case"}),
        (Condition(keywords=("漏水",)), {"text": "不漏"}),
        (Condition(in_warranty=True), {"in_warranty": False}),
        (Condition(least_age_minutes=20), {"age": timedelta(minutes=19)}),
    ],
)
def test_every_condition_counts(condition: Condition, other: dict[str, object]) -> None:
    assert condition.holds(LEAK)
    assert not condition.holds(replace(LEAK, **other))  # type: ignore[arg-type]  # one fact each


def test_keywords_are_found_whatever_their_width_and_case() -> None:
    assert Condition(keywords=("VIP",)).holds(replace(LEAK, text="ｖｉｐ客户"))


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([URGENT, URGENT], "rules.rules[1].rule_code"),
        ([replace(URGENT, code="Leak")], "rules.rules[0].rule_code"),
        ([replace(URGENT, reason=" ")], "rules.rules[0].reason"),
        ([replace(URGENT, priority=6)], "rules.rules[0].priority"),
        ([replace(URGENT, priority=0)], "rules.rules[0].priority"),
        ([replace(URGENT, condition=Condition(least_age_minutes=-1))],
         "rules.rules[0].condition.least_age_minutes"),
        ([replace(URGENT, condition=Condition(stages=frozenset({"insale"})))],
         "rules.rules[0].condition.stages"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_by_its_place(rules: list[Rule], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_rules(rules)
    assert (refused.value.reason, refused.value.field) == ("INTAKE_RULE_INVALID", field)
