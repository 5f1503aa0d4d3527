"""Whatever is added to a file that nobody knows is named in a note: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.unit.bpmn.damage import FILES
from workflows.bpmn.read import read_bpmn
from workflows.catalog import load_catalog

_NAME = "{urn:somebody}odd"
TEXTS = {path.stem: path.read_text() for path in FILES}
#: What is left behind whole, by one note; and what lies in such.
_LEFT_BEHIND = ("theirs",)
_INSIDE = ("subscription", "text", "BPMNDiagram", "BPMNPlane")


def notes_of(text: str) -> list[str]:
    return [str(note) for note in read_bpmn(text, load_catalog()).notes]


def places(name: str) -> list[int]:
    """Every element of a file that is not left behind whole, or starts a case from outside."""
    root = ElementTree.fromstring(TEXTS[name])
    skipped = {
        inner
        for element in root.iter()
        if element.get("id") in _LEFT_BEHIND
        or (element.tag.endswith("}startEvent") and len(element))
        for inner in element.iter()
        if inner is not element or element.get("id") in _LEFT_BEHIND
    }
    return [at for at, element in enumerate(root.iter()) if element not in skipped]


def spoilt(name: str, known: set[str], spoil: Callable[[ElementTree.Element], object]) -> None:
    for at in places(name):
        root = ElementTree.fromstring(TEXTS[name])
        element = list(root.iter())[at]
        tag = element.tag.rpartition("}")[2]
        if tag in _INSIDE or f"{tag} is not carried over" in " ".join(known):
            continue  # it is named already
        spoil(element)
        told = set(notes_of(ElementTree.tostring(root, encoding="unicode"))) - known
        assert any("urn:somebody:odd" in note for note in told), element.tag


IMPORTED = sorted(name for name in TEXTS if not name.startswith("refused"))


@pytest.mark.parametrize("name", IMPORTED)
def test_an_attribute_that_nobody_knows_is_named_wherever_it_stands(name: str) -> None:
    spoilt(name, set(notes_of(TEXTS[name])), lambda element: element.set(_NAME, "1"))


@pytest.mark.parametrize("name", IMPORTED)
def test_an_element_that_nobody_knows_is_named_wherever_it_stands(name: str) -> None:
    known = set(notes_of(TEXTS[name]))
    spoilt(name, known, lambda element: ElementTree.SubElement(element, _NAME))


def test_everything_that_a_file_says_of_another_process_is_one_note() -> None:
    told = [note for note in notes_of(TEXTS["plain_two_pools"]) if "theirs" in note]
    assert len(told) == 1
