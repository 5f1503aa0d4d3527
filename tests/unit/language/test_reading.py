"""Reading YAML: plain data with its lines, and nothing that could unfold or surprise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.language.reading import MAX_CHARACTERS, MAX_KEYS, MAX_VALUES, read_source


def test_every_part_remembers_its_line() -> None:
    source = read_source("code: a\nnodes:\n  - id: one\n    sla:\n      respond: 2h\n  - id: two\n")
    assert source.line_of(("nodes", 0, "sla", "respond")) == 5
    assert source.line_of(("nodes", 1)) == 6
    assert source.line_of(("nodes", 1, "sla", "respond")) == 6
    assert source.line_of(("nowhere",)) == 1


def test_only_whole_numbers_truth_and_null_are_more_than_text() -> None:
    source = read_source(
        "[1, -2, -0, 1.50, yes, on, 12:30, 2026-01-01, 0x10, 007, true, null, ~, '1', \"true\"]"
    )
    assert source.value == [
        1, -2, "-0", "1.50", "yes", "on", "12:30", "2026-01-01", "0x10", "007", True, None, None, "1",
        "true",
    ]  # fmt: skip


def test_json_is_read_as_well() -> None:
    source = read_source('{"code": "a", "nodes": [{"id": "one", "n": 3}], "x": null}')
    assert source.value == {"code": "a", "nodes": [{"id": "one", "n": 3}], "x": None}
    assert source.problems == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x 1\nb: 2", "FLOW_SOURCE_ALIAS", 1),
        ("a: 1\nb: *a", "FLOW_SOURCE_ALIAS", 2),
        ("a: !!python/name:os.system x", "FLOW_SOURCE_SYNTAX", 1),
        ("a: !secret x", "FLOW_SOURCE_SYNTAX", 1),
        ("a: 1\n---\nb: 2", "FLOW_SOURCE_SYNTAX", 2),
        ("a: [1", "FLOW_SOURCE_SYNTAX", 2),
        ("? [a]\n: b", "FLOW_SOURCE_SYNTAX", 1),
        ("a: 1\n\tb: 2", "FLOW_SOURCE_SYNTAX", 2),
        ("a: \x00", "FLOW_SOURCE_SYNTAX", 0),
        ("a: \ud800", "FLOW_SOURCE_SYNTAX", 0),
        ("a: 1\nb: 2\na: 3", "FLOW_SOURCE_DUPLICATE_KEY", 3),
        ("[" * 30 + "]" * 30, "FLOW_SOURCE_TOO_BIG", 1),
        ("x" * (MAX_CHARACTERS + 1), "FLOW_SOURCE_TOO_BIG", 0),
        ("[" + "1," * MAX_VALUES + "1]", "FLOW_SOURCE_TOO_BIG", 1),
        ("\n".join(f"k{i}: 1" for i in range(MAX_KEYS + 1)), "FLOW_SOURCE_TOO_BIG", MAX_KEYS + 1),
    ],
)
def test_what_is_no_flow_text_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    problem = read_source(text).problems[0]
    assert (problem.code, problem.line) == (code, line)


def test_the_first_of_two_keys_stays_and_reading_goes_on() -> None:
    source = read_source("a: 1\na: {b: 1, b: 2}\nc: 3")
    assert source.value == {"a": 1, "c": 3}
    assert [problem.line for problem in source.problems] == [2, 2]


def test_a_text_with_too_much_wrong_is_not_read_on() -> None:
    problems = read_source("k: 1\n" * 50_000).problems
    assert len(problems) == 101
    assert problems[-1].code == "FLOW_SOURCE_TOO_BIG"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "a: &a [x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]",
        '"' + "\\u0041" * 80_000,
        "? " * 100_000,
        "!" * 500_000,
    ],
)
def test_hostile_documents_are_refused_quickly(text: str) -> None:
    begin = time.perf_counter()
    assert read_source(text).problems
    assert time.perf_counter() - begin < 5


@given(st.text(alphabet=st.sampled_from("ab:-[]{},'\"\n &*!?|>%@#1."), max_size=60))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    source = read_source(text)
    assert source.problems or source.lines or source.value is None
