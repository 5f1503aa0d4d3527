"""Who may see what of a case's data."""

import pytest

from kit.authn import SYSTEM, Actor
from workflows.cases.sight import visible_data

DATA = {
    "intake": {"needs": "挂机"},
    "quote": {
        "total": {"amount_minor": 200},
        "settlement_total": {"amount_minor": 150},
        "lines": [{"amount": 1, "settlement_steps": [1], "settlement_amount": 1}],
    },
}
MASKED = {
    "intake": {"needs": "挂机"},
    "quote": {"total": {"amount_minor": 200}, "lines": [{"amount": 1}]},
}


def actor(role: str) -> Actor:
    return Actor("pe_1", frozenset({role}))


@pytest.mark.parametrize("role", ["finance", "hq", "admin"])
def test_who_answers_for_money_sees_all_of_it(role: str) -> None:
    assert visible_data(DATA, actor(role)) == DATA
    assert visible_data(DATA, SYSTEM) == DATA


@pytest.mark.parametrize("role", ["sales", "designer", "customer_service"])
def test_the_office_sees_everything_but_the_inner_money(role: str) -> None:
    assert visible_data(DATA, actor(role)) == MASKED


@pytest.mark.parametrize("role", ["technician", "customer"])
def test_technicians_and_customers_see_none_of_it(role: str) -> None:
    assert visible_data(DATA, actor(role)) == {}
