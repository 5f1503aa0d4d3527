"""The table of places, read once from the data that ships with this service."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from services.directory.domain.places import PlaceRecord, PlaceTable

_ADCODES: Final = Path(__file__).parent / "places" / "adcodes.csv"


@cache
def load_places() -> PlaceTable:
    """Every place of ``places/adcodes.csv``."""
    with _ADCODES.open(encoding="utf-8", newline="") as file:
        return PlaceTable(_record(row) for row in csv.DictReader(file))


def _record(row: dict[str, str]) -> PlaceRecord:
    return PlaceRecord(
        adcode=row["adcode"],
        name=row["name"],
        parent=row["parent"],
        level=row["level"],
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        merged_into=row["merged_into"],
    )
