"""No text makes the reader or the compiler do anything but read it or say what is wrong with it."""

from __future__ import annotations

from random import Random

import pytest

from tests.flows.fuzz import FLOWS, check_compiling, check_reading, within
from tests.flows.mutation import BOMBS, Mutator, noise


@pytest.mark.parametrize("name", BOMBS)
def test_a_text_made_to_hurt_is_read_or_refused_at_once(name: str) -> None:
    with within(5):
        check_reading(BOMBS[name])
        check_compiling(BOMBS[name])


def test_noise_is_refused() -> None:
    for seed in range(300):
        with within(5):
            text = noise(Random(seed))
            check_reading(text)
            assert not check_compiling(text)


def test_a_real_flow_changed_at_random_compiles_or_is_refused() -> None:
    texts = [path.read_text() for path in FLOWS]
    passed = 0
    for seed in range(100):
        chance = Random(seed)
        text = Mutator(chance).changed(chance.choice(texts))
        with within(5):
            check_reading(text)
            passed += check_compiling(text)
    assert passed > 0
