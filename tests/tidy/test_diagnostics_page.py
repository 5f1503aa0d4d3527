"""docs/diagnostics.md says what the table and the examples say."""

from __future__ import annotations

from tests.tidy.diagnostics_page import PAGE, meanings, render


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text() == render(), "run: python -m tests.tidy.diagnostics_page"


def test_no_code_has_two_sections() -> None:
    codes = [meaning.code for meaning in meanings()]
    assert len(codes) == len(set(codes))
