"""Minutes of expressions, flows and BPMN files that nobody wrote, other ones each time.

A failure names its seed: the quick tests beside the code say what a seed stands for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from random import Random, SystemRandom

import pytest

from tests.flows.fuzz import FLOWS, check_compiling, check_reading, within
from tests.flows.mutation import EXPRESSION_TOKENS, Mutator, noise
from tests.unit.bpmn.damage import check_damaged
from tests.unit.language.author import SCOPE, data
from tests.unit.language.test_cel import disagreement
from tests.unit.language.test_properties import outcome
from workflows.language.evaluate import compile_code
from workflows.language.expression import check_expression
from workflows.language.failure import EvaluationError

SECONDS = 120
TEXTS = [path.read_text() for path in FLOWS]


def changed_flow(seed: int) -> None:
    chance = Random(seed)
    text = Mutator(chance).changed(chance.choice(TEXTS))
    check_reading(text)
    check_compiling(text)


def no_flow(seed: int) -> None:
    text = noise(Random(seed))
    check_reading(text)
    assert not check_compiling(text)


def soup(seed: int) -> None:
    """An expression's words in any order."""
    chance = Random(seed)
    text = "".join(chance.choices([*EXPRESSION_TOKENS, "x.int", "x.money", "x.lines", " "], k=12))
    checked, findings = check_expression(text, SCOPE)
    assert (checked is None) == bool(findings)
    if checked is not None:
        with suppress(EvaluationError):
            compile_code(checked.json_code)(data(chance))


def well_typed(seed: int) -> None:
    outcome(seed)


def as_cel_has_it(seed: int) -> None:
    assert disagreement(seed, mistakes=0) == ""
    assert disagreement(seed, mistakes=40) == ""


@pytest.mark.parametrize(
    "check",
    [changed_flow, no_flow, soup, well_typed, as_cel_has_it, check_damaged],
    ids=lambda c: c.__name__,
)
def test_nothing_is_found(check: Callable[[int], None]) -> None:
    first = SystemRandom().randrange(10**12)
    end = time.monotonic() + SECONDS
    seed = first
    while time.monotonic() < end:
        try:
            with within(10):
                check(seed)
        except Exception as error:
            raise AssertionError(f"{check.__name__} fails with seed {seed}") from error
        seed += 1
    assert seed > first + 100
