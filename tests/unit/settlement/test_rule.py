"""Which rule splits an earning."""

import dataclasses

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.settlement.domain.splits.rule import SplitRule, check_rule, choose_rule, next_version
from tests.unit.settlement.words import rule

DEFAULT = rule(("technician", "0.7"), ("platform", "…"))
FRANCHISE = rule(("technician", "0.6"), ("outlet", "…"), mode="franchise")


def test_a_cooperation_mode_has_its_own_rule_or_the_default() -> None:
    assert choose_rule([DEFAULT, FRANCHISE], "franchise") is FRANCHISE
    assert choose_rule([DEFAULT, FRANCHISE], "direct") is DEFAULT
    assert choose_rule([DEFAULT, FRANCHISE], "") is DEFAULT


def test_no_rule_for_a_mode_and_no_default_is_said() -> None:
    with pytest.raises(FailedPrecondition, match="PutSplitRule") as refusal:
        choose_rule([FRANCHISE], "direct")
    assert refusal.value.reason == "SETTLEMENT_SPLIT_RULE_MISSING"
    assert refusal.value.field == "facts.cooperation_mode"


def test_every_change_counts_up() -> None:
    assert next_version(dataclasses.replace(DEFAULT, version=0), None) == 1
    assert next_version(dataclasses.replace(DEFAULT, version=0), DEFAULT) == 2
    assert next_version(DEFAULT, DEFAULT) == 2


def test_a_change_to_what_has_changed_meanwhile_is_refused() -> None:
    newest = dataclasses.replace(DEFAULT, version=3)
    with pytest.raises(FailedPrecondition, match="the newest version is 3") as refusal:
        next_version(DEFAULT, newest)
    assert refusal.value.reason == "SETTLEMENT_SPLIT_RULE_STALE"


@pytest.mark.parametrize("code", ["", "two words", "x" * 65, ":"])
def test_a_code_must_be_a_name(code: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_rule(SplitRule(code, 0, "", DEFAULT.terms))
    assert refusal.value.field == "split_rule.split_rule_code"
