"""What a work order asked of its technician, as it is kept with the decision."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.skill import RequiredSkill


def need_to_json(need: Need) -> dict[str, Any]:
    """A need as JSON; sets in order."""
    kept = {field.name: getattr(need, field.name) for field in fields(Need)}
    return {name: _plain(value) for name, value in kept.items()}


def need_from_json(kept: dict[str, Any]) -> Need:
    """A need as it was kept."""
    sets = ("required_tags", *(name for name in kept if name.endswith(("_ids",))))
    location = kept["location"]
    return Need(
        **{
            **kept,
            **{name: frozenset(kept[name]) for name in sets},
            "window": tuple(kept["window"]),
            "place_codes": tuple(kept["place_codes"]),
            "location": None if location is None else Point(*location),
            "required_skills": tuple(RequiredSkill(*each) for each in kept["required_skills"]),
        }
    )


def _plain(value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(value)
        case Point():
            return [value.longitude, value.latitude]
        case RequiredSkill():
            return [value.code, value.least_level]
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value
