"""Writing XML: elements, escaped and indented."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: What no XML document may hold.
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> bool:
    """True when XML can hold a text."""
    return _ILLEGAL.search(text) is None


def shown_as(text: str) -> str:
    """A text with what XML cannot hold replaced."""
    return _ILLEGAL.sub("\ufffd", text)


class Markup:
    """One element; an empty attribute is left out."""

    def __init__(self, tag: str, content: str = "", **attributes: str) -> None:
        self._tag = tag
        self._content = content
        self._attributes = {name: value for name, value in attributes.items() if value}
        self._children: list[Markup] = []

    def add(self, *children: Markup) -> Markup:
        """Itself with more children."""
        self._children.extend(children)
        return self

    def set(self, name: str, value: str) -> None:
        """Give it an attribute."""
        self._attributes[name] = value

    def get(self, name: str) -> str:
        """The value of an attribute, or empty."""
        return self._attributes.get(name, "")

    def text(self, depth: int = 0) -> str:
        """The element as text, ending with a line break."""
        space = "  " * depth
        head = "".join(f" {name}={quoteattr(shown_as(v))}" for name, v in self._attributes.items())
        if self._children:
            inside = "".join(child.text(depth + 1) for child in self._children)
            return f"{space}<{self._tag}{head}>\n{inside}{space}</{self._tag}>\n"
        if self._content:
            content = escape(shown_as(self._content))
            return f"{space}<{self._tag}{head}>{content}</{self._tag}>\n"
        return f"{space}<{self._tag}{head}/>\n"
