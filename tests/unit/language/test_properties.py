"""What holds of every expression, made of every operator and function that there is."""

from __future__ import annotations

from random import Random

import pytest

from tests.unit.language.author import SCOPE, SHAPES, Author, data
from workflows.language.evaluate import compile_code
from workflows.language.expression import check_expression
from workflows.language.failure import EvaluationError
from workflows.language.functions import FUNCTIONS
from workflows.language.types import assignable
from workflows.language.values import conform

REASONS = {
    "EXPRESSION_DIVISION_BY_ZERO",
    "EXPRESSION_CURRENCY_MISMATCH",
    "EXPRESSION_OUT_OF_RANGE",
    "EXPRESSION_TEXT_UNREADABLE",
    "EXPRESSION_TOO_MUCH",
}


def outcome(seed: int) -> str:
    """What becomes of one well-typed expression: its reason when it has no value, else nothing.

    It checks, its value is of its type, and the same data give the same value; nothing but an
    ``EvaluationError`` is ever raised.
    """
    chance = Random(seed)
    text, kind = Author(chance).any(chance.randrange(1, 5))
    checked, findings = check_expression(text, SCOPE)
    if checked is None:
        assert {f.code for f in findings} == {"FLOW_EXPRESSION_TOO_BIG"}, (text, findings)
        return ""
    assert assignable(checked.type, kind), text
    run, given = compile_code(checked.json_code), data(chance)
    try:
        value = run(given)
    except EvaluationError as error:
        return error.reason
    assert conform(value, checked.type) == value, (text, given)
    assert run(given) == value
    return ""


def test_every_well_typed_expression_has_a_value_of_its_type_or_says_why_not() -> None:
    reasons = {outcome(seed) for seed in range(2000)}
    assert {"", *REASONS} >= reasons >= {"", *REASONS} - {"EXPRESSION_TOO_MUCH"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_among_them(name: str) -> None:
    assert any(f".{name}(" in shape.text for shapes in SHAPES.values() for shape in shapes)
