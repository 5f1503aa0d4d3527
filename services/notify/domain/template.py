"""Templates: texts with named places, checked when they are written and again when they are filled."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import InvalidArgument

#: Filled by every Send, so a template may use it without declaring it.
IMPLICIT_VARIABLES = frozenset({"case_id"})

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


class MessageForm(StrEnum):
    """How a channel shows a message."""

    TEXT = "text"
    TEXTCARD = "textcard"
    NOTICE_CARD = "notice_card"


@dataclass(frozen=True)
class Variable:
    """A named place that a sender fills; an optional one may stay empty."""

    name: str
    required: bool = True


@dataclass(frozen=True)
class Rendered:
    """A template with every place filled."""

    title: str
    body: str
    url: str


@dataclass(frozen=True)
class Template:
    """One version of a message's wording."""

    template_code: str
    form: MessageForm
    title: str
    body: str
    url: str = ""
    variables: tuple[Variable, ...] = ()

    def check(self) -> None:
        """Refuse a template that could not be sent.

        Raises:
            InvalidArgument: ``NOTIFY_TEMPLATE_INVALID``, naming the field.
        """
        if not _CODE.fullmatch(self.template_code):
            raise _invalid("template_code", "lower-case letters, digits and _, at most 64")
        for name in ("title", "body"):
            if not getattr(self, name).strip():
                raise _invalid(name, f"a template needs a {name}")
        if self.form is not MessageForm.TEXT and not self.url:
            raise _invalid("url", "a card opens something when it is tapped: give its url")
        self._check_variables()

    def fill(self, given: Mapping[str, str]) -> Rendered:
        """The message for one set of variables; what it has no place for, it leaves out.

        Raises:
            InvalidArgument: ``NOTIFY_VARIABLE_MISSING``.
        """
        for variable in self.variables:
            if variable.required and not given.get(variable.name, "").strip():
                raise InvalidArgument(
                    "NOTIFY_VARIABLE_MISSING",
                    f"template {self.template_code} needs the variable {variable.name}",
                    field=f"variables.{variable.name}",
                )
        return Rendered(
            title=_filled(self.title, given),
            body="\n".join(_filled_lines(self.body, given)),
            url=_filled(self.url, given),
        )

    def _check_variables(self) -> None:
        names = [variable.name for variable in self.variables]
        if len(set(names)) != len(names):
            raise _invalid("variables", "each variable may be declared once")
        known = IMPLICIT_VARIABLES.union(names)
        used: set[str] = set()
        for field in ("title", "body", "url"):
            text: str = getattr(self, field)
            if _BRACES.search(_PLACE.sub("", text)):
                raise _invalid(field, "write a place as {{name}}")
            for name in _PLACE.findall(text):
                if name not in known:
                    raise _invalid(field, f"{{{{{name}}}}} is not among the variables")
                used.add(name)
        for index, name in enumerate(names):
            if name not in used:
                raise _invalid(f"variables[{index}]", f"{name} is declared but used nowhere")


def _filled(text: str, given: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: given.get(place[1], ""), text).strip()


def _filled_lines(body: str, given: Mapping[str, str]) -> Iterator[str]:
    for line in body.split("\n"):
        names = _PLACE.findall(line)
        # A line that exists for its variables goes when all of them are empty.
        if not names or any(given.get(name, "").strip() for name in names):
            yield _filled(line, given)


def _invalid(field: str, message: str) -> InvalidArgument:
    return InvalidArgument("NOTIFY_TEMPLATE_INVALID", message, field=f"template.{field}")
