"""Damaging BPMN files: as text, byte by byte, and as trees that stay well-formed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from xml.etree import ElementTree

from workflows.bpmn.read import check_bpmn, read_bpmn
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.language.writing import write_yaml

#: The files that are well-formed.
FILES = [
    path
    for path in sorted((Path(__file__).parent / "files").glob("*.bpmn"))
    if path.stem not in ("refused_cut_off", "refused_doctype")
]
_NASTY = (
    "", "x", "-1", "9" * 40, "${a}", "${a > '5'}", "${" + "(" * 90, "= not(a)", "PT5X", "PT0S", "R/",
    "R/PT1H", "true", "false", "中文", "a b", "start", "f1", "2026-10-08", "${a.b.c}", "${empty a}",
    "#{x ? 1 : 'y'}", "{}", "[1]", '{"a":',
)  # fmt: skip


def check_damaged(seed: int) -> None:
    """Whatever is left of a file is imported or refused with a reason, and gets a verdict."""
    chance = random.Random(seed)
    text = chance.choice(FILES).read_text()
    for damaged in (damaged_tree(chance, text), damaged_text(chance, text), noise(chance)):
        imported = read_bpmn(damaged, load_catalog())
        if imported.flow is None:
            assert any(note.severity == "error" for note in imported.notes)
        else:
            compile_flow(write_yaml(imported.flow), load_catalog())
        check_bpmn(damaged, load_catalog())


def damaged_text(chance: random.Random, text: str) -> str:
    """A text with a few stretches lost, doubled, replaced or cut off."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.randint(1, 60))
        match chance.randrange(4):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + text[at:to] * 2 + text[to:]
            case 2:
                text = text[:at] + chance.choice("<>&\"'{}$ \t中\U0001f600\x00") + text[at + 1 :]
            case _:
                text = text[:at] if chance.random() < 0.2 else text
    return text


def damaged_tree(chance: random.Random, text: str) -> str:
    """A well-formed file with elements lost, doubled, moved, renamed and attributes spoilt."""
    root = ElementTree.fromstring(text)
    for _ in range(chance.randint(1, 5)):
        parents = [parent for parent in root.iter() if len(parent)]
        if not parents:
            break
        parent = chance.choice(parents)
        child = parent[chance.randrange(len(parent))]
        chance.choice(_DAMAGES)(chance, root, parent, child)
    return ElementTree.tostring(root, encoding="unicode")


_Element = ElementTree.Element


def _lose(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    parent.remove(child)


def _double(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    parent.append(deepcopy(child))


def _move(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    target = chance.choice(list(root.iter()))
    if child not in list(target.iter()) and target not in list(child.iter()):
        parent.remove(child)
        target.append(child)


def _rename(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    child.tag = chance.choice([element.tag for element in root.iter()])


def _spoil(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    known = [value for element in root.iter() for value in element.attrib.values()]
    value = chance.choice([*known, *_NASTY])
    if child.attrib and chance.random() < 0.8:
        child.set(chance.choice(sorted(child.attrib)), value)
    else:
        names = sorted({name for element in root.iter() for name in element.attrib})
        child.set(chance.choice(names), value)


def _say(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    child.text = chance.choice(_NASTY)


def _mend_ids(chance: random.Random, root: _Element, parent: _Element, child: _Element) -> None:
    """Doubled elements under ids of their own, so that more of what follows is reached."""
    seen: set[str] = set()
    for element in root.iter():
        name = element.get("id")
        if name and name in seen:
            element.set("id", f"{name}_{len(seen)}")
        seen.add(element.get("id", ""))


_DAMAGES: tuple[Callable[[random.Random, _Element, _Element, _Element], None], ...] = (
    _lose, _double, _move, _rename, _spoil, _spoil, _say, _mend_ids,
)  # fmt: skip


def noise(chance: random.Random) -> str:
    """Nothing of a file at all, or its beginning and then nothing that makes sense."""
    rest = "".join(chr(chance.randrange(1, 0x2FF)) for _ in range(chance.randint(0, 400)))
    head = re.split(r"(?<=>)", FILES[0].read_text())[: chance.randint(0, 4)]
    return "".join(head) + rest
