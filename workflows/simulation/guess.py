"""Values that fit, where nobody gives any: what a service may reply, what a person may fill in.

Given the same chance, the guesses are the same; they obey types and bounds and mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - nothing here is replayed
from types import MappingProxyType
from typing import Final

from workflows.compiler.plan import DecisionNode, PlanField, WaitNode
from workflows.language.field_values import COORDINATE_SYSTEMS, accepted_files
from workflows.language.fields import FormField
from workflows.language.file_types import endings_of
from workflows.language.types import EnumOf, ListOf, MapOf, Record, Scalar, Type, from_json
from workflows.language.values import ENCODERS, Json, timestamp_to_json
from workflows.runtime.forms import look_at_form
from workflows.runtime.places import Place
from workflows.runtime.state import Awaited
from workflows.simulation.fitting import fitting_text

_NAMES: Final = {"region": "110105", "person": "pe_guess", "customer": "cu_guess"}


class Guess:
    """Guesses by chance.

    Args:
        chance: where they come from.
        now: the instant they are about.
    """

    def __init__(self, chance: Random, now: datetime) -> None:
        self._chance = chance
        self._now = now

    def value(self, kind: Type) -> Json:
        """A value of a type."""
        match kind:
            case EnumOf(values):
                return self._chance.choice(values) if values else ""
            case ListOf(item):
                return [self.value(item) for _ in range(self._chance.randint(1, 3))]
            case MapOf(value):
                return {"a": self.value(value)}
            case Record(fields):
                asked = [f for f in fields if not f.optional or self._chance.random() < 0.5]
                return {field.name: self.value(field.type) for field in asked}
            case Scalar(name):
                return self._scalar(name)

    def form(
        self,
        fields: tuple[PlanField, ...],
        data: Mapping[str, Json],
        known: Mapping[str, Json] = MappingProxyType({}),
    ) -> dict[str, Json]:
        """A filled-in form that is accepted, as far as guessing can do it, with what is known."""
        given: dict[str, Json] = dict(known)
        for _ in fields:
            look = look_at_form(fields, given, data)
            missing = [each for each in fields if self._wants(each, look.hidden, look.wrong)]
            missing = [each for each in missing if each.field.id not in given]
            if not missing:
                break
            given |= {each.field.id: self._field(each) for each in missing}
        return given

    def _wants(self, each: PlanField, hidden: list[str], wrong: Mapping[str, object]) -> bool:
        name = each.field.id
        if each.read_only or name in hidden:
            return False
        return name in wrong or self._chance.random() < 0.5

    def _scalar(self, name: str) -> Json:
        number = self._chance.randint(1, 9)
        match name:
            case "bool":
                return self._chance.random() < 0.5
            case "int":
                return number
            case "decimal":
                return str(number)
            case "date":
                return self._day(number)
            case "timestamp":
                return timestamp_to_json(self._now + timedelta(hours=number))
            case "duration":
                return ENCODERS["duration"](timedelta(hours=number))
            case "money":
                return {"currency": "CNY", "amount_minor": number * 10_000}
            case _:
                return f"x{number}"

    def _day(self, later: int) -> str:
        return (self._now + timedelta(days=later)).date().isoformat()

    def _field(self, each: PlanField) -> Json:
        field = each.field
        match field.kind:
            case "table":
                asked = [column for column in each.columns if not column.read_only]
                return [
                    {column.field.id: self._field(column) for column in asked}
                    for _ in range(self._count(field, 1))
                ]
            case "choice":
                return self._chance.choice(field.options).value
            case "choices":
                count = min(self._count(field, 1), len(field.options))
                return [option.value for option in field.options[:count]]
            case "people":
                return [f"pe_guess_{n + 1}" for n in range(self._count(field, 1))]
            case "photo" | "file":
                ending = endings_of(accepted_files(field))[0]
                return [f"fl_{n:026d}.{ending}" for n in range(self._count(field, 1))]
            case "signature":
                return f"fl_{0:026d}.{endings_of(accepted_files(field))[0]}"
            case _:
                return self._single(field)

    def _single(self, field: FormField) -> Json:
        match field.kind:
            case "integer" | "rating":
                return self._within(field)
            case "number":
                return str(self._within(field))
            case "money":
                amount = {"amount_minor": self._within(field) * 100}
                return {"currency": field.currency or "CNY", **amount}
            case "date":
                return field.least or field.most or self._day(1)
            case "datetime" | "boolean":
                return self._scalar("timestamp" if field.kind == "datetime" else "bool")
            case "time_slot":
                start = self._now + timedelta(days=1)
                end = start + timedelta(hours=2)
                return {"from": timestamp_to_json(start), "to": timestamp_to_json(end)}
            case "location":
                point = {"longitude": "116.40", "latitude": "39.90"}
                return {**point, "coordinate_system": COORDINATE_SYSTEMS[0]}
            case _:
                return _NAMES.get(field.kind) or self._text(field)

    def _within(self, field: FormField) -> int:
        least = int(Decimal(field.least)) if field.least else 1
        most = int(Decimal(field.most)) if field.most else max(least, 0) + 9
        return self._chance.randint(min(least, most), most)

    def _count(self, field: FormField, otherwise: int) -> int:
        return int(field.least) if field.least else otherwise

    def _text(self, field: FormField) -> str:
        return fitting_text(field.pattern) if field.pattern else "guess"[: field.longest]


def payload_type(place: Place, awaited: Awaited) -> Type:
    """The type of what an awaited event says."""
    node = place.node(awaited.node)
    if isinstance(node, DecisionNode):
        node = place.node(next(edge.to for edge in node.next if edge.id == awaited.way))
    way = next((way for way in node.boundary if way.id == awaited.way), None)
    known = way.payload if way else node.payload if isinstance(node, WaitNode) else None
    return from_json(known) if known else Record(())
