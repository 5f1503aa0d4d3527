"""Texts that fit a pattern, for forms that nobody fills in."""

import re

import pytest

from workflows.simulation.fitting import fitting_text


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z0-9-]{4,40}",
        "[\\u4e00-\\u9fa5][A-Z][A-Z0-9]{5,6}",
        r"1\d{10}",
        r"(\+86)?1[3-9]\d{9}",
        r"(?:foo|bar)-\w+",
        r"^\d{6}(19|20)\d{9}[0-9X]$",
        "[^a-z0-9]{3}",
        r"a.c*",
        r"\x41{2,}",
    ],
)
def test_a_text_fits_its_pattern(pattern: str) -> None:
    assert re.fullmatch(pattern, fitting_text(pattern), re.ASCII)


@pytest.mark.parametrize("pattern", ["(?=x)y", r"(a)\1", "[a"])
def test_where_no_text_is_found_there_is_none(pattern: str) -> None:
    assert fitting_text(pattern) == ""
