"""Whatever is handed in, the import answers soon, and with a verdict."""

from __future__ import annotations

import time

import pytest

from tests.unit.bpmn.damage import FILES, check_damaged
from workflows.bpmn.read import check_bpmn, read_bpmn
from workflows.bpmn.xml import MAX_CHARACTERS, MAX_DEPTH, MAX_PARTS
from workflows.catalog import load_catalog

_HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
#: Generous: the machine may be busy.
_SOON_SECONDS = 5.0


def codes(text: str) -> list[str]:
    started = time.monotonic()
    imported = read_bpmn(text, load_catalog())
    assert time.monotonic() - started < _SOON_SECONDS
    assert imported.flow is None
    assert check_bpmn(text, load_catalog()).sound is None
    return [note.code for note in imported.notes if note.severity == "error"]


def test_entities_are_never_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY e0 "boom">{bomb}]>{_HEAD}&e11;</definitions>'
    assert codes(text) == ["BPMN_XML_DOCTYPE"]


def test_a_file_outside_is_never_read() -> None:
    text = f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{_HEAD}</definitions>'
    assert codes(text) == ["BPMN_XML_DOCTYPE"]


@pytest.mark.parametrize(
    "text",
    [
        _HEAD + "<task>" * (MAX_DEPTH + 1),
        _HEAD + "<task/>" * MAX_PARTS,
        " " * (MAX_CHARACTERS + 1),
        _HEAD + "<task " + " ".join(f'a{n}=""' for n in range(MAX_PARTS)) + "/></definitions>",
    ],
    ids=["deep", "many elements", "long", "many attributes"],
)
def test_what_is_too_big_is_refused(text: str) -> None:
    assert codes(text) == ["BPMN_XML_TOO_BIG"]


def test_more_nodes_than_a_flow_has_are_refused() -> None:
    tasks = "".join(f'<task id="t{n}"/>' for n in range(2_001))
    text = f'{_HEAD}<process id="p">{tasks}</process></definitions>'
    assert codes(text) == ["BPMN_TOO_BIG"]


def test_text_broken_by_comments_is_read_in_linear_time() -> None:
    text = f"{_HEAD}<documentation>{'a<!-- -->' * 400_000}</documentation></definitions>"
    assert codes(text) == ["BPMN_NO_PROCESS"]


@pytest.mark.parametrize(
    "condition",
    ["(" * 1_900, "!" * 1_900, "a||" * 600 + "a", "a?" * 600, "'" + "\\'" * 900, "9" * 1_900],
)
def test_an_endless_expression_is_read_soon(condition: str) -> None:
    text = FILES[0].read_text()
    for path in FILES:
        if path.stem == "plain_loop_back":
            text = path.read_text().replace("${ok == true}", "${" + condition + "}")
    started = time.monotonic()
    imported = read_bpmn(text, load_catalog())
    assert time.monotonic() - started < _SOON_SECONDS
    assert any(note.code == "BPMN_CONDITION_UNREADABLE" for note in imported.notes)


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_file_is_read_or_refused(seed: int) -> None:
    check_damaged(seed)
