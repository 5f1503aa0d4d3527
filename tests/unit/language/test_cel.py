"""Our expressions against Google's CEL, wherever both can say the same."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import pytest

from tests.unit.language.cel import FAILED, REFUSED, Writer, operations, ours, theirs

#: What we refuse and CEL lets pass, by what we say of it.
_REFUSED_HERE: Final = (
    "a list of",  # of several types
    "a map of",
    "does not take (timestamp)",  # the parts of an instant are told of Shanghai, by other functions
    "int does not take (duration)",
)
#: What we do to instants and durations and CEL does not, or does in other words.
_OURS_ALONE: Final = {"text_timestamp", "text_duration", "negate", "multiply_time"}
#: CEL's C++ takes no substring that ends where the text does; and of several failures tells any.
_THEIR_MISTAKE: Final = ".substring("


def disagreement(seed: int, mistakes: int) -> str:
    """What the two languages say differently of one expression; empty when they agree.

    Args:
        seed: chooses the expression.
        mistakes: how many of its parts in a thousand have a type that they should not.
    """
    mine, its = Writer(Random(seed), mistakes).any(4)
    one, other = ours(mine), theirs(its)
    if _alike(one.value, other.value) or (other.value == FAILED and _THEIR_MISTAKE in its):
        return ""
    if one.value == REFUSED and any(said in one.why for said in _REFUSED_HERE):
        return ""
    if mistakes and operations(mine) & _OURS_ALONE:
        return ""
    return f"{seed}: {mine}\n  ours: {one}\n  CEL:  {other}"


def _alike(one: Any, other: Any) -> bool:
    """Equal, and of the same types: True is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize("mistakes", [0, 30])
def test_what_both_can_say_means_the_same(mistakes: int) -> None:
    assert not [said for seed in range(1000) if (said := disagreement(seed, mistakes))]


@pytest.mark.parametrize(
    ("text", "mine", "its"),
    [
        # Numbers with a point are decimals, and whole numbers widen to them.
        ("0.1 + 0.2", "0.3", 0.1 + 0.2),
        ("0.1 + 0.2 == 0.3", True, False),
        ("7 / 2.0", "3.5", REFUSED),
        ("1 == 1.0", True, REFUSED),
        ("1e3", REFUSED, 1000.0),
        ("-9223372036854775808 % -1", 0, FAILED),
        # Types hold: nothing is of any type, and a value that may be missing is not read.
        ("[1, 'a']", REFUSED, [1, "a"]),
        ("m.none", REFUSED, FAILED),
        ("coalesce(m.none, 3)", 3, REFUSED),
        ("has(m['a'])", True, REFUSED),
        ("true < false", REFUSED, False),
        ("1 < 2 == true", REFUSED, True),
        ("dyn(i)", REFUSED, 7),
        ("{1: 'a'}[1]", REFUSED, "a"),
        ("{'a': 1, 'a': 2}", REFUSED, FAILED),
        ("xs.exists(i, i > 2)", REFUSED, True),
        ("duration('x')", REFUSED, FAILED),
        # What takes longer the cleverer it is written, or means little to people here.
        ("s.matches('(a*)*b')", REFUSED, False),
        ("1u", REFUSED, 1),
        ("'\\x41'", REFUSED, "A"),
        # Ours has days, negates and multiplies durations, and calls every method as a function.
        ("duration('3d')", "259200s", FAILED),
        ("-d", "-5400s", REFUSED),
        ("d * 2", "10800s", REFUSED),
        ("startsWith(s, '五')", True, REFUSED),
        # Texts are for people in China.
        ("string(t)", "2026-03-03 01:30", "2026-03-02T17:30:00Z"),
        ("string(d)", "1小时30分钟", "5400s"),
        ("hourOf(t)", 1, REFUSED),
        ("t.getHours()", REFUSED, 17),
    ],
)
def test_where_we_differ_from_cel_we_mean_to(text: str, mine: Any, its: Any) -> None:
    assert ours(text).value == mine
    assert theirs(text).value == its


def test_what_fails_beside_what_decides_does_not_matter_as_in_cel() -> None:
    for text in ("1 / z > 0 || true", "false && 1 / z > 0", "1 / z > 0 && false",
                 "xs.exists(x, 1 / x < 0)", "xs.all(x, 1 / x > 0)"):  # fmt: skip
        assert isinstance(ours(text).value, bool)
        assert ours(text) == theirs(text)
    for text in ("1 / z > 0 || false", "xs.all(x, 1 / x > -5)", "1 / z > 0 ? true : true"):
        assert ours(text).value == theirs(text).value == FAILED
