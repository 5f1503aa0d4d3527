"""Reading what people fill in: the server-side authority on a form's values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from kit.errors import InvalidArgument
from workflows.compiler.plan import Code, PlanField
from workflows.language.failure import EvaluationError
from workflows.language.field_values import Mistake, check_bounds, is_empty, read_value
from workflows.language.fields import FORM_BYTES
from workflows.language.values import Json

#: So many mistakes are told at once.
_TOLD: Final = 100


@dataclass(slots=True)
class FormLook:
    """A form as it stands with what has been filled in so far. Fields are named by their paths, a
    cell of a table as ``lines[2].quantity``.

    Attributes:
        values: what would be kept.
        seen: the values of fields that nobody fills in.
        hidden: the fields that are not asked for as things stand.
        needed: those that must be filled in as things stand, though not always.
        wrong: what is wrong where.
    """

    values: dict[str, Json] = field(default_factory=dict)
    seen: dict[str, Json] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)
    wrong: dict[str, Mistake] = field(default_factory=dict)

    def in_words(self) -> dict[str, Json]:
        """The same as plain JSON."""
        wrong = {path: {"zh": found.zh, "en": found.en} for path, found in self.wrong.items()}
        return {
            "values": self.values,
            "seen": self.seen,
            "hidden": self.hidden,
            "needed": self.needed,
            "wrong": wrong,
        }


def read_form(
    fields: tuple[PlanField, ...], given: Mapping[str, Json], data: Mapping[str, Json]
) -> dict[str, Json]:
    """The canonical values of a filled-in form.

    What is given for a field that is not visible, or that nobody fills in, is passed over; an empty
    value counts as absent.

    Args:
        fields: the form.
        given: what was filled in.
        data: what the form's expressions can read besides the form.

    Raises:
        InvalidArgument: ``CASE_FORM_INVALID`` with everything at fault in its details, by path, or
            ``CASE_FORM_TOO_BIG``.
    """
    _check_size(given)
    look = look_at_form(fields, given, data)
    if look.wrong:
        told = {path: mistake.en for path, mistake in islice(look.wrong.items(), _TOLD)}
        first = next(iter(told))
        raise InvalidArgument(
            "CASE_FORM_INVALID", f"{first}: {told[first]}", field=f"form.{first}", details=told
        )
    return look.values


def look_at_form(
    fields: tuple[PlanField, ...], given: Mapping[str, Json], data: Mapping[str, Json]
) -> FormLook:
    """How a form stands while it is being filled in."""
    look = FormLook()
    look.values = _Reader(look, data, "form").read(fields, given)
    return look


def opening_of(
    fields: tuple[PlanField, ...], data: Mapping[str, Json], draft: Mapping[str, Json]
) -> tuple[dict[str, Json], FormLook]:
    """The values that a form opens with, and how it stands then: what was filled in before, else the
    defaults that have a value now."""
    start: dict[str, Json] = {}
    for each in fields:
        name = each.field.id
        value = draft.get(name)
        if value is None and each.default is not None:
            value = _try(each.default, data)
        if value is not None and not each.read_only:
            start[name] = value
    look = look_at_form(fields, start, data)
    return {**start, **look.seen}, look


def _check_size(given: Mapping[str, Json]) -> None:
    try:
        size = len(json.dumps(given, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    except RecursionError:
        size = FORM_BYTES + 1
    if size > FORM_BYTES:
        raise InvalidArgument(
            "CASE_FORM_TOO_BIG",
            f"a form's values have at most {FORM_BYTES} bytes; what is longer goes into a file",
            field="form",
        )


def _try(code: Code, data: Mapping[str, Json]) -> Json:
    try:
        return code.run(data)
    except EvaluationError:
        return None


class _Reader:
    """Reads a form from the top, or one row of a table from the left.

    Args:
        look: takes what is found.
        data: what expressions can read besides.
        root: the name under which they read what has been read here: ``form`` or ``row``.
        prefix: of the paths.
        unknown: the fields around it of which nothing is known, as what was given is wrong.
    """

    def __init__(
        self,
        look: FormLook,
        data: Mapping[str, Json],
        root: str,
        prefix: str = "",
        unknown: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._look = look
        self._prefix = prefix
        #: What expressions read: what is kept, and what is only shown.
        self._seen: dict[str, Json] = {}
        self._data = {**data, root: self._seen}
        self._root = root
        self._unknown = set(unknown)

    def read(self, fields: tuple[PlanField, ...], given: Mapping[str, Json]) -> dict[str, Json]:
        """The values to keep; what is wrong is in the look."""
        known = {each.field.id for each in fields}
        for name in given:
            if name not in known:
                self._look.wrong[self._prefix + name] = Mistake(
                    "没有这个字段", "there is no such field"
                )
        for each in fields:
            self._read(each, given.get(each.field.id))
        shown = {each.field.id for each in fields if each.shown}
        return {name: value for name, value in self._seen.items() if name not in shown}

    def _read(self, each: PlanField, raw: Json) -> None:
        name, path = each.field.id, self._prefix + each.field.id
        try:
            if not self._holds(each.visible_when, name, otherwise=True):
                self._look.hidden.append(path)
                return
            value = self._computed(each, path) if each.read_only else self._given(each, raw, path)
        except Mistake as mistake:
            self._note(name, path, mistake)
        except EvaluationError as error:
            self._note(
                name, path, Mistake(f"无法计算（{error.reason}）", f"has no value: {error.message}")
            )
        else:
            if value is not None:
                self._seen[name] = value

    def _note(self, name: str, path: str, mistake: Mistake) -> None:
        self._look.wrong[path] = mistake
        self._unknown.add((self._root, name))

    def _is_known(self, code: Code) -> bool:
        return self._unknown.isdisjoint(code.reads)

    def _holds(self, condition: Code | None, name: str, *, otherwise: bool) -> bool:
        if condition is None:
            return otherwise
        if not self._is_known(condition):
            self._unknown.add((self._root, name))
            return False
        return bool(condition.run(self._data))

    def _computed(self, each: PlanField, path: str) -> Json:
        if each.compute is None:
            return None
        if not self._is_known(each.compute):
            self._unknown.add((self._root, each.field.id))
            return None
        value = each.compute.run(self._data)
        if value is not None:
            self._look.seen[path] = value
        return value

    def _given(self, each: PlanField, raw: Json, path: str) -> Json:
        needed = each.field.required or self._holds(
            each.required_when, each.field.id, otherwise=False
        )
        if needed and not each.field.always_filled:
            self._look.needed.append(path)
        if not is_empty(raw):
            return self._rows(each, raw, path) if each.columns else read_value(each.field, raw)
        if needed:
            raise Mistake("必须填写", "must be filled in")
        return None

    def _rows(self, table: PlanField, raw: Json, path: str) -> Json:
        if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
            raise Mistake("应为多行", "must be a list of rows")
        filled = [(index, row) for index, row in enumerate(raw) if not is_empty(row)]
        check_bounds(table.field, [row for _, row in filled])
        before = len(self._look.wrong)
        rows = [
            _Reader(self._look, self._data, "row", f"{path}[{index}].", self._unknown).read(
                table.columns, row
            )
            for index, row in filled
        ]
        if len(self._look.wrong) > before:
            self._unknown.add((self._root, table.field.id))
            return None
        return rows
