"""Values at the boundary: protobuf's JSON and forms made canonical, or refused with their place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    Field,
    ListOf,
    MapOf,
    Record,
    Type,
    assignable,
    from_json,
    to_json,
)
from workflows.language.values import (
    DECODERS,
    ENCODERS,
    ValueMismatch,
    conform,
    duration_from_json,
    duration_to_json,
)

REPLY = Record(
    (
        Field("id", STRING),
        Field("revision", INT),
        Field("total", MONEY),
        Field("state", EnumOf(("NEW", "DONE"))),
        Field("lines", ListOf(Record((Field("quantity", INT),), "Line"))),
        Field("labels", MapOf(STRING)),
        Field("at", TIMESTAMP, optional=True),
        Field("longitude", DECIMAL),
    ),
    "Reply",
)


def test_what_a_reply_leaves_out_reads_as_its_default() -> None:
    assert conform({"total": {"currency": "CNY", "amount_minor": "5"}, "new": 1}, REPLY) == {
        "id": "",
        "revision": 0,
        "total": {"currency": "CNY", "amount_minor": 5},
        "state": "NEW",
        "lines": [],
        "labels": {},
        "longitude": "0",
    }


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        (INT, "9007199254740993", 9007199254740993),
        (DECIMAL, 116.4612, "116.4612"),
        (DECIMAL, "1.50", "1.50"),
        (DECIMAL, 3, "3"),
        (TIMESTAMP, "2026-03-02T09:00:00+08:00", "2026-03-02T01:00:00Z"),
        (TIMESTAMP, "2026-03-02T01:00:00.123456789Z", "2026-03-02T01:00:00.123456Z"),
        (DURATION, "90.500000000s", "90.500000s"),
        (DATE, "2026-10-01", "2026-10-01"),
        (MONEY, {"currency": "JPY"}, {"currency": "JPY", "amount_minor": 0}),
    ],
)
def test_a_value_takes_its_canonical_form(kind: Type, value: Any, canonical: Any) -> None:
    assert conform(value, kind) == canonical
    assert conform(canonical, kind) == canonical


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        (BOOL, 1, ""),
        (INT, True, ""),
        (INT, 1.0, ""),
        (INT, "1.5", ""),
        (INT, 2**63, ""),
        (DECIMAL, "NaN", ""),
        (DECIMAL, "Infinity", ""),
        (DECIMAL, "1e999999999", ""),
        (DECIMAL, True, ""),
        (DECIMAL, "9" * 100, ""),
        (STRING, 3, ""),
        (DATE, "2026-02-30", ""),
        (TIMESTAMP, "2026-03-02T09:00:00", ""),
        (DURATION, "2h", ""),
        (MONEY, {"currency": "CNY", "amount_minor": 1.5}, ""),
        (MONEY, {"currency": "XXX", "amount_minor": 1}, ""),
        (MONEY, {"currency": "CNY", "amount_minor": 1, "x": 1}, ""),
        (EnumOf(("a", "b")), "c", ""),
        (REPLY, {"id": "x"}, "total"),
        (
            REPLY,
            {"total": {"currency": "CNY"}, "lines": [{"quantity": 1}, {"quantity": "x"}]},
            "lines[1].quantity",
        ),
        (MapOf(INT), {"a": "x"}, "[a]"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_place(
    kind: Type, value: Any, path: str
) -> None:
    with pytest.raises(ValueMismatch) as caught:
        conform(value, kind)
    assert caught.value.path == path


def test_a_contracts_enum_may_grow_and_a_choice_may_not() -> None:
    assert conform("PAUSED", EnumOf(("NEW", "DONE"), "test.v1.State")) == "PAUSED"
    with pytest.raises(ValueMismatch):
        conform("PAUSED", EnumOf(("NEW", "DONE")))


@given(st.timedeltas(min_value=timedelta(days=-9999), max_value=timedelta(days=9999)))
def test_durations_survive_json(duration: timedelta) -> None:
    assert duration_from_json(duration_to_json(duration)) == duration


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_json(at: datetime) -> None:
    assert DECODERS["timestamp"](ENCODERS["timestamp"](at)) == at


scalars = st.sampled_from([BOOL, INT, DECIMAL, STRING, DATE, TIMESTAMP, DURATION, MONEY])
types: st.SearchStrategy[Type] = st.recursive(
    scalars | st.builds(lambda v: EnumOf(tuple(v)), st.lists(st.text(min_size=1), min_size=1)),
    lambda inner: (
        st.builds(ListOf, inner)
        | st.builds(MapOf, inner)
        | st.builds(
            lambda parts: Record(tuple(Field(n, t, o) for n, t, o in parts)),
            st.lists(
                st.tuples(st.text(min_size=1), inner, st.booleans()),
                unique_by=lambda part: part[0],
                max_size=4,
            ),
        )
    ),
    max_leaves=8,
)


@given(types)
def test_a_type_survives_the_plan_and_fits_itself(kind: Type) -> None:
    assert from_json(to_json(kind)) == kind
    assert assignable(kind, kind)
