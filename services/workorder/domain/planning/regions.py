"""Which regions lie in which: an adcode of a province or city ends in the noughts it does not use."""

from __future__ import annotations

from collections.abc import Collection


def region_prefixes(region_codes: Collection[str]) -> tuple[str, ...]:
    """How the codes of all that lies in some regions begin (GB/T 2260)."""
    return tuple(each.removesuffix("00").removesuffix("00") for each in region_codes)


def lies_within(region_code: str, region_codes: Collection[str]) -> bool:
    """Whether a region is one of some, or lies in one of them; everywhere lies in none."""
    return bool(region_code) and region_code.startswith(region_prefixes(region_codes))
