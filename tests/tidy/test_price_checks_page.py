"""The page of price checks says of every code what the code says."""

import re
from pathlib import Path

import pytest

from services.pricing.domain.checks import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "price-checks.md"
ROWS = dict(re.findall(r"^\| `(PRICE_\w+)` \| (\w+) \|", PAGE.read_text(), re.M))


def test_the_page_has_a_row_for_every_code_in_the_same_order() -> None:
    assert list(ROWS) == list(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_a_code_has_the_severity_that_the_page_says(code: str) -> None:
    assert ROWS[code] == KINDS[code].severity
    assert KINDS[code].chinese
    assert KINDS[code].english
