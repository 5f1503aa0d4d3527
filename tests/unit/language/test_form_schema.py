"""The JSON Schema of a form: any library can draw it, and it is never stricter than the server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kit.errors import ServiceError
from tests.unit.compiler.flows import plan_of
from tests.unit.compiler.forms import AGAIN, FORM, JPG, PDF, PNG, TABLE, form_of, node_of
from workflows.compiler.plan import PlanField
from workflows.language.field_values import is_empty
from workflows.language.schema import definition_schema, form_schema
from workflows.runtime.forms import look_at_form, read_form


def says(fields: tuple[PlanField, ...], values: dict[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    validator = Draft202012Validator(form_schema(fields))
    return [error.message for error in validator.iter_errors(values)]


@pytest.mark.parametrize("fields", [FORM, TABLE, node_of(plan_of(AGAIN), "check")])
def test_the_schema_of_a_form_is_one(fields: tuple[PlanField, ...]) -> None:
    Draft202012Validator.check_schema(form_schema(fields))


def test_the_schema_of_the_language_is_one() -> None:
    Draft202012Validator.check_schema(definition_schema())


def test_a_field_says_in_both_languages_what_it_is_and_how_it_is_drawn() -> None:
    form = form_of("""
- {id: level, kind: choice, name: 级别, name_en: Level, hint: 按合同, required: true, options: [{value: a, name: 甲, name_en: A}]}
- {id: day, kind: date, name: 日期, minimum: 2026-10-01, visible_when: 'form.level == "a"', required: true}
- {id: region, kind: region, name: 区域}
- {id: photos, kind: photo, name: 照片, maximum: 3}
- {id: days, kind: computed, name: 天数, value: int, compute: 1 + 1}
""")
    schema = form_schema(form)
    assert schema["properties"]["level"] == {
        "title": "级别",
        "x-title-en": "Level",
        "x-kind": "choice",
        "description": "按合同",
        "type": "string",
        "oneOf": [{"const": "a", "title": "甲", "x-title-en": "A"}],
    }
    day = schema["properties"]["day"]
    assert (day["format"], day["x-minimum"]) == ("date", "2026-10-01")
    assert day["x-visible-when"] == 'form.level == "a"'
    assert schema["properties"]["region"]["x-cascade"] == [2, 4, 6]
    assert "image/jpeg" in schema["properties"]["photos"]["items"]["x-accept"]
    assert schema["properties"]["photos"]["maxItems"] == 3
    assert schema["properties"]["days"] == {
        "title": "天数",
        "x-kind": "computed",
        "readOnly": True,
        "type": "integer",
    }
    assert schema["required"] == ["level"]
    assert schema["allOf"] == [
        {
            "if": {"properties": {"level": {"const": "a"}}, "required": ["level"]},
            "then": {"required": ["day"]},
        }
    ]


@pytest.mark.parametrize(
    ("condition", "fulfils", "fails"),
    [
        ("form.b", {"b": True}, {"b": False}),
        ("!form.b", {"b": False}, {"b": True}),
        ("form.b && form.n > 2", {"b": True, "n": 3}, {"b": True, "n": 2}),
        ("form.b || 2 >= form.n", {"b": False, "n": 2}, {"b": False, "n": 3}),
        ('form.c in ["x", "y"]', {"c": "y"}, {"c": "z"}),
        ('form.c != "x"', {"c": "y"}, {"c": "x"}),
        ('has(form.m) && "x" in form.m', {"m": ["y", "x"]}, {"m": ["y"]}),
        ("has(form.t)", {"t": "words"}, {}),
        ("form.t == null", {}, {"t": "words"}),
        ("coalesce(form.o, true)", {}, {"o": False}),
        ("coalesce(form.o, false)", {"o": True}, {}),
        ('coalesce(form.t, "none") == "none"', {}, {"t": "some"}),
        ('form.b ? form.n > 2 : form.c == "x"', {"b": False, "c": "x"}, {"b": True, "n": 1}),
    ],
)  # fmt: skip
def test_a_condition_that_json_schema_can_say_is_said(
    condition: str, fulfils: dict[str, Any], fails: dict[str, Any]
) -> None:
    form = form_of(f"""
- {{id: b, kind: boolean, name: 真假, required: true}}
- {{id: n, kind: integer, name: 数, required: true}}
- {{id: c, kind: choice, name: 选, required: true, options: [{{value: x, name: 甲}}, {{value: y, name: 乙}}, {{value: z, name: 丙}}]}}
- {{id: m, kind: choices, name: 多选, options: [{{value: x, name: 甲}}, {{value: y, name: 乙}}]}}
- {{id: t, kind: text, name: 字}}
- {{id: o, kind: boolean, name: 可不填}}
- {{id: more, kind: text, name: 补充, required_when: '{condition}'}}
""")
    base = {"b": True, "n": 5, "c": "z"}
    for values, is_needed in ((base | fulfils, True), (base | fails, False)):
        assert list(look_at_form(form, values, {}).wrong) == (["more"] if is_needed else [])
        assert ("'more' is a required property" in says(form, values)) == is_needed


@pytest.mark.parametrize(
    "condition",
    ["inputs.floor > 3", "form.n + 1 > 3", 'form.d > date("2026-10-01")', "size(form.t) > 3"],
)
def test_a_condition_that_it_cannot_say_is_left_to_the_server(condition: str) -> None:
    form = form_of(
        f"""
- {{id: n, kind: integer, name: 数, required: true}}
- {{id: d, kind: date, name: 日, required: true}}
- {{id: t, kind: text, name: 字, required: true}}
- {{id: more, kind: text, name: 补充, required_when: '{condition}'}}
""",
        inputs="[{id: floor, kind: integer, name: 楼层, required: true}]",
    )
    schema = form_schema(form)
    assert "allOf" not in schema
    assert schema["properties"]["more"]["x-required-when"] == condition


# -- any form and any values

OPTIONS = "options: [{value: x, name: 甲}, {value: y, name: 乙}, {value: z, name: 丙}]"
JUNK: list[Any] = [
    None, "", " ", "x", "甲", 0, 1, -3, 7, 3.5, True, False, [], {}, [""], ["x"], ["x", "x"], "3.5", "-0",
    "2026-10-05", "2026-10-05T09:00:00Z", "110105", "1101050", JPG, PDF, [JPG], [PNG, PDF], "y\n",
    {"currency": "CNY", "amount_minor": 5}, {"currency": "CNY", "amount_minor": "5"}, {"from": "x"},
    {"from": "2026-10-05T09:00:00Z", "to": "2026-10-05T10:00:00+08:00"},
    {"from": "2026-10-05T09:00:00Z", "to": "2026-10-06T09:00:00Z"},
    {"longitude": 1.5, "latitude": "2"}, {"longitude": "x", "latitude": 2}, {"a": "x"}, [{"a": 1}],
]  # fmt: skip
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(max_size=12),
    "long_text": st.text(max_size=12),
    "scan_code": st.text("AB12", max_size=12),
    "integer": st.integers(-2, 9),
    "rating": st.integers(0, 6),
    "number": st.decimals(-2, 9, places=2).map(str),
    "money": st.integers(-200, 900).map(lambda n: {"currency": "CNY", "amount_minor": n}),
    "date": st.dates().map(str),
    "boolean": st.booleans(),
    "choice": st.sampled_from(["x", "y", "z", "w"]),
    "choices": st.lists(st.sampled_from(["x", "y", "z"]), max_size=4),
    "people": st.lists(st.sampled_from(["pe_1", "pe_2", "pe_3"]), max_size=4),
    "photo": st.lists(st.sampled_from([JPG, PNG, PDF]), max_size=3),
    "file": st.lists(st.sampled_from([JPG, PNG, PDF]), max_size=3),
    "signature": st.sampled_from([PNG, PDF]),
    "location": st.fixed_dictionaries(
        {"longitude": st.floats(-200, 200), "latitude": st.floats(-100, 100).map(str)}
    ),
    "region": st.from_regex(r"[0-9]{5,7}", fullmatch=True),
}
KINDS = [*GOOD, "datetime", "time_slot", "person", "customer", "address", "item", "part"]
KINDS += ["boolean", "choice", "integer"] * 3  # what conditions read
BOUNDED = ("integer", "number", "money", "choices", "people", "photo", "file")
LIMITS = ["", "max_length: 4", "pattern: '[a-z]{1,3}'", "pattern: '\\d+'"]
CONDITIONS = {
    "boolean": ["coalesce({0}, false)", "!coalesce({0}, true)"],
    "integer": ["has({0}) && {0} > 3", "!has({0}) || {0} <= 5"],
    "choice": ['has({0}) && {0} in ["x", "y"]', 'coalesce({0}, "x") == "x"'],
    "choices": ['has({0}) && "x" in {0}'],
    "text": ["has({0})", '{0} == null || {0} != "a"'],
}


@st.composite
def fields(draw: st.DrawFn, prefix: str, root: str, *, tables: bool) -> str:
    """Some fields as YAML."""
    known = [*KINDS, *(["table"] * 5 if tables else [])]
    kinds = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    lines = []
    for number, kind in enumerate(kinds):
        parts = [f"id: {prefix}{number}", f"kind: {kind}", "name: 字"]
        if kind in ("choice", "choices"):
            parts.append(OPTIONS)
        if kind in BOUNDED:
            low = draw(st.integers(0, 3))
            parts += [f"minimum: {low}", f"maximum: {low + draw(st.integers(0, 3))}"]
        if kind in ("text", "scan_code"):
            parts.append(draw(st.sampled_from(LIMITS)))
        if kind == "table":
            parts.append(f"columns: [{draw(fields(prefix='c', root='row', tables=False))}]")
        visible, required = draw(conditions(kinds[:number], f"{root}.{prefix}"))
        parts += [f"visible_when: '{visible}'"] if visible else []
        parts += [f"required_when: '{required}'"] if required else []
        if not required and draw(st.integers(0, 3)) == 0:
            parts.append("required: true")
        lines.append("{" + ", ".join(part for part in parts if part) + "}")
    return ", ".join(lines)


@st.composite
def conditions(draw: st.DrawFn, above: list[str], prefix: str) -> tuple[str, str]:
    """When a field is visible and when it is required; mostly always and never."""
    said = [
        condition.format(f"{prefix}{number}")
        for number, kind in enumerate(above)
        for condition in CONDITIONS.get(kind, [])
    ]
    either = st.sampled_from(["", *said])
    return draw(either), draw(either)


def value_of(field: PlanField) -> st.SearchStrategy[Any]:
    junk = st.sampled_from(JUNK)
    if field.columns:
        row = st.fixed_dictionaries({c.field.id: value_of(c) for c in field.columns})
        return st.lists(row, max_size=2) | junk
    good = GOOD.get(field.field.kind, junk)
    return st.integers(0, 7).flatmap(lambda n: junk if n == 7 else good)


@st.composite
def forms_and_values(draw: st.DrawFn) -> tuple[tuple[PlanField, ...], dict[str, Any]]:
    form = form_of(f"[{draw(fields(prefix='f', root='form', tables=True))}]")
    values = st.fixed_dictionaries({f.field.id: value_of(f) for f in form})
    return form, draw(values)


def asked_for(form: tuple[PlanField, ...], given: dict[str, Any], accepted: dict[str, Any]) -> Any:
    """What was given for the fields that were asked for, without empty ones."""
    asked: dict[str, Any] = {}
    for field in form:
        name = field.field.id
        if name in accepted and not is_empty(given.get(name)):
            rows = given[name]
            if field.columns:
                filled = [row for row in rows if not is_empty(row)]
                rows = [
                    asked_for(field.columns, row, kept)
                    for row, kept in zip(filled, accepted[name], strict=True)
                ]
            asked[name] = rows
    return asked


def accepted_part(
    form: tuple[PlanField, ...], values: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What the server takes of these values, leaving out what it finds wrong, and what it keeps."""
    while True:
        try:
            return values, read_form(form, values, {})
        except ServiceError as error:
            wrong = {re.split(r"[.\[]", path)[0] for path in error.details} & set(values)
            if not wrong:
                return None
            values = {name: value for name, value in values.items() if name not in wrong}


@settings(max_examples=200)
@given(forms_and_values())
def test_what_the_server_takes_the_schema_takes(
    case: tuple[tuple[PlanField, ...], dict[str, Any]],
) -> None:
    form, values = case
    taken = accepted_part(form, values)
    if taken is None:
        return  # the schema may be weaker
    given, accepted = taken
    assert says(form, asked_for(form, given, accepted)) == []
    assert says(form, accepted) == []
    assert read_form(form, accepted, {}) == accepted
