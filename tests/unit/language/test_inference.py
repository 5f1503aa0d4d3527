"""The types that plain JSON shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from workflows.language.inference import infer_scope, read_json
from workflows.language.types import (
    BOOL,
    DECIMAL,
    INT,
    MONEY,
    NULL,
    STRING,
    UNKNOWN,
    Field,
    ListOf,
    MapOf,
    Record,
    Type,
)
from workflows.language.values import ValueMismatch


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("true", BOOL, True),
        ("7", INT, 7),
        ("0.10", DECIMAL, "0.10"),
        ("1e2", DECIMAL, "100"),
        ('"2026-10-01"', STRING, "2026-10-01"),
        ('{"currency": "CNY", "amount_minor": 5}', MONEY, {"currency": "CNY", "amount_minor": 5}),
        ("[1, 2.5]", ListOf(DECIMAL), ["1", "2.5"]),
        ("[]", ListOf(UNKNOWN), []),
        ('{"a": 1, "b": null}',
         Record((Field("a", INT), Field("b", NULL, optional=True))), {"a": 1}),
        ('[{"a": 1}, {"a": 2, "b": true}]',
         ListOf(Record((Field("a", INT), Field("b", BOOL, optional=True)))),
         [{"a": 1}, {"a": 2, "b": True}]),
        ('{"110105": 1.5, "海淀": 2}', MapOf(DECIMAL), {"110105": "1.5", "海淀": "2"}),
    ],
)  # fmt: skip
def test_json_shows_its_type(text: str, kind: Type, value: Any) -> None:
    scope, data = infer_scope({"x": read_json(text)})
    assert scope.variables == {"x": kind}
    assert data == {"x": value}


def test_a_null_variable_may_be_asked_for_but_not_computed_with() -> None:
    scope, data = infer_scope({"x": None})
    assert scope.unset == {("x",)}
    assert data == {}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([1, "a"], "x[1]"),
        ([{"a": 1}, {"a": "b"}], "x[1].a"),
        ([None], "x[0]"),
        ({"a b": 1, "c": "d"}, 'x["c"]'),
        ({"currency": "XXX", "amount_minor": 1}, "x"),
        (Decimal("1e99"), "x"),
    ],
)
def test_what_has_no_type_is_named_by_its_path(value: Any, path: str) -> None:
    with pytest.raises(ValueMismatch) as caught:
        infer_scope({"x": value})
    assert caught.value.path == path


@pytest.mark.parametrize("text", ["", "{", "NaN", "-Infinity", '{"a": 1, "a": 2}', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)
