"""XML as a tree that remembers lines and what was read of it; hostile documents are refused.

A document type is refused before anything in it is expanded, and length, depth and the number of
elements and attributes are bounded, so that reading ends soon whatever the text is. Whatever nobody
takes of a tree can be listed afterwards (``untaken``): that is how an import can promise to drop
nothing in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

MAX_CHARACTERS: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 60
MAX_PARTS: Final = 100_000

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
FLOWABLE: Final = "http://flowable.org/bpmn"
ACTIVITI: Final = "http://activiti.org/bpmn"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
#: What BPMN has no words for, in files that we write; usable by hand too.
GONGDAN: Final = "urn:gongdan:flow:1.0"

#: One vendor's attributes are mostly the other's under another address.
VENDORS: Final = (CAMUNDA, FLOWABLE, ACTIVITI)

#: How messages write a name.
PREFIXES: Final = {
    BPMN: "bpmn",
    BPMNDI: "bpmndi",
    DC: "dc",
    DI: "di",
    XSI: "xsi",
    CAMUNDA: "camunda",
    FLOWABLE: "flowable",
    ACTIVITI: "activiti",
    ZEEBE: "zeebe",
    GONGDAN: "gongdan",
}

#: An address and a local name; the address is empty where none is written.
Name = tuple[str, str]


class XmlRefused(Exception):
    """The text is no XML, or none that is read.

    Attributes:
        code: stable, ``BPMN_XML_…``.
        line: where, from 1; 0 when it is about the whole.
    """

    def __init__(self, code: str, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.hint = hint


@dataclass(eq=False, slots=True)
class Element:
    """One element.

    Attributes:
        name: its address and local name.
        attributes: by address and local name.
        line: where it begins, from 1.
        texts: the characters directly in it, piece by piece.
        whole: everything in it was dealt with, however it was read.
    """

    name: Name
    attributes: dict[Name, str]
    line: int
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    whole: bool = False
    _taken: set[Name] = field(default_factory=set)
    _visited: bool = False
    _said: bool = False

    @property
    def tag(self) -> str:
        """Its name as messages write it: without a prefix when it is BPMN's own."""
        return shown(self.name)

    @property
    def local(self) -> str:
        """Its name without the address."""
        return self.name[1]

    @property
    def id(self) -> str:
        """Its ``id``, or empty."""
        return self.attributes.get(("", "id"), "")

    def take(self, name: str, *spaces: str) -> str:
        """The value of the first such attribute, which counts as read; empty when there is none."""
        for space in spaces or ("",):
            if (space, name) in self.attributes:
                self._taken.add((space, name))
                return self.attributes[space, name].strip()
        return ""

    def child(self, name: str, *spaces: str) -> Element | None:
        """The first such child, which counts as visited."""
        return next(self.all(name, *spaces), None)

    def all(self, name: str, *spaces: str) -> Iterator[Element]:
        """Such children, each of which counts as visited when it is come to."""
        wanted = {(space, name) for space in spaces or (BPMN,)}
        for child in self.children:
            if child.name in wanted:
                yield child.visit()

    def visit(self) -> Element:
        """Itself, counted as visited."""
        self._visited = True
        return self

    @property
    def text(self) -> str:
        """The characters directly in it, without space around them."""
        return "".join(self.texts).strip()

    def say(self) -> str:
        """Its text, which counts as read."""
        self._said = True
        return self.text

    def expression(self) -> str:
        """Its text as an expression, which counts as read with what says in which language."""
        self.take("language")
        self.take("type", XSI)
        self.take("evaluatesToTypeRef")
        return self.say()

    def untaken(self) -> Iterator[tuple[Element, str]]:
        """Everything in it that nobody read: each attribute by its name, an element by ``""``, and
        a text by ``"text"``. Inside an element that nobody visited, nothing is listed."""
        for name in () if self.whole else self.attributes:
            if name not in self._taken and name != ("", "id"):
                yield self, shown(name)
        if self.text and not self._said and not self.whole:
            yield self, "text"
        for child in () if self.whole else self.children:
            if child._visited:
                yield from child.untaken()
            else:
                yield child, ""

    def walk(self) -> Iterator[Element]:
        """Itself and everything in it, from the top down."""
        yield self
        for child in self.children:
            yield from child.walk()


def shown(name: Name) -> str:
    """A name as messages write it."""
    space, local = name
    prefix = PREFIXES.get(space, space)
    return local if space in ("", BPMN) else f"{prefix}:{local}"


def read_xml(text: str) -> Element:
    """The tree of a document.

    Raises:
        XmlRefused: it is malformed, has a document type, or is too long, too deep or too large.
    """
    if len(text) > MAX_CHARACTERS:
        raise XmlRefused(
            "BPMN_XML_TOO_BIG",
            f"a file may have {MAX_CHARACTERS} characters, this one has {len(text)}",
            0,
            "split the process into called ones",
        )
    builder = _Builder()
    try:
        builder.parser.Parse(text.removeprefix("\ufeff"), True)
    except expat.ExpatError as error:
        message = expat.errors.messages.get(error.code, str(error))
        raise XmlRefused("BPMN_XML_SYNTAX", message, error.lineno) from error
    except UnicodeError as error:
        raise XmlRefused(
            "BPMN_XML_SYNTAX", "the text holds half a surrogate pair", builder.line
        ) from error
    assert builder.root is not None  # expat refuses a document without one
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.root: Element | None = None
        self._open: list[Element] = []
        self._parts = 0

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def _doctype(self, *_: object) -> None:
        raise XmlRefused(
            "BPMN_XML_DOCTYPE",
            "a document type with its entities is not read",
            self.line,
            "remove the DOCTYPE",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._parts += 1 + len(attributes)
        if len(self._open) >= MAX_DEPTH or self._parts > MAX_PARTS:
            raise XmlRefused(
                "BPMN_XML_TOO_BIG",
                f"a file may have {MAX_PARTS} elements and attributes, {MAX_DEPTH} levels deep",
                self.line,
                "split the process into called ones",
            )
        element = Element(
            _name(name), {_name(key): value for key, value in attributes.items()}, self.line
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].texts.append(text)


def _name(written: str) -> Name:
    space, _, local = written.rpartition("\n")
    return space, local
