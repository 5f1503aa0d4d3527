"""How people write the names of places: in full, short, abbreviated, or as they once were."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from services.directory.domain.places import COUNTRY, PROVINCE, PlaceRecord, PlaceTable


class Naming(Enum):
    """By which kind of name a place is called."""

    FULL = "full"
    SHORT = "short"
    #: The letter on a licence plate, such as 沪: a name only before another one.
    LETTER = "letter"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Named:
    """A place by one of its names.

    Attributes:
        place: what the name means on the day in question.
        name: the whole name that was meant, which may be a former one.
    """

    place: PlaceRecord
    name: str
    naming: Naming


#: What provinces are called for short, and their letters.
_PROVINCES: Final = {
    "110000": "北京 京", "120000": "天津 津", "130000": "河北 冀", "140000": "山西 晋",
    "150000": "内蒙古 内蒙 蒙", "210000": "辽宁 辽", "220000": "吉林 吉", "230000": "黑龙江 黑",
    "310000": "上海 沪 申", "320000": "江苏 苏", "330000": "浙江 浙", "340000": "安徽 皖",
    "350000": "福建 闽", "360000": "江西 赣", "370000": "山东 鲁", "410000": "河南 豫",
    "420000": "湖北 鄂", "430000": "湖南 湘", "440000": "广东 粤", "450000": "广西 桂",
    "460000": "海南 琼", "500000": "重庆 渝", "510000": "四川 川 蜀", "520000": "贵州 贵 黔",
    "530000": "云南 云 滇", "540000": "西藏 藏", "610000": "陕西 陕 秦", "620000": "甘肃 甘 陇",
    "630000": "青海 青", "640000": "宁夏 宁", "650000": "新疆 新", "710000": "台湾 台",
    "810000": "香港 港", "820000": "澳门 澳",
}  # fmt: skip

_PEOPLES: Final = (
    "壮|回|满|维吾尔|苗|彝|土家|藏|蒙古|侗|布依|瑶|朝鲜|白|哈尼|哈萨克|黎|傣|畲|傈僳|东乡|仡佬|拉祜|佤|水|纳西|羌"
    "|土|仫佬|锡伯|柯尔克孜|景颇|达斡尔|撒拉|布朗|毛南|塔吉克|普米|怒|鄂温克|保安|裕固|鄂伦春|独龙|各"
)
_AUTONOMOUS: Final = re.compile(
    rf"(?:(?:{_PEOPLES})族|哈萨克|蒙古|柯尔克孜|锡伯|塔吉克)+自治([州县旗])$"
)
_SUFFIX: Final = re.compile(r"(?:地区|新区|林区|特区|市|区|县|盟|旗)$")
_SHORTEST_STEM: Final = 2


class Names:
    """Every name of every place, as of a day."""

    def __init__(self, table: PlaceTable, on: date) -> None:
        self._table, self._on = table, on
        self._named: dict[str, list[Named]] = defaultdict(list)
        self._paths: dict[str, tuple[str, ...]] = {}
        for record in table.records():
            if record.adcode != COUNTRY:
                for name, named in self._called(record):
                    self._named[name].append(named)
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._named:
            lengths[name[0]].add(len(name))
        self._lengths = {letter: sorted(found, reverse=True) for letter, found in lengths.items()}

    def at(self, text: str, start: int) -> Iterator[tuple[int, Named]]:
        """The names that a text goes on with: where each ends, and what it means."""
        for length in self._lengths.get(text[start : start + 1], ()):
            for named in self._named.get(text[start : start + length], ()):
                yield start + length, named

    def path(self, adcode: str) -> tuple[str, ...]:
        """The codes from a place up to the country."""
        if adcode not in self._paths:
            self._paths[adcode] = self._table.path(adcode, self._on)
        return self._paths[adcode]

    def words(self, adcode: str) -> str:
        """A place in words, province first."""
        return self._table.name(adcode, self._on)

    def _called(self, record: PlaceRecord) -> Iterator[tuple[str, Named]]:
        if record.is_in_force(self._on):
            yield record.name, Named(record, record.name, Naming.FULL)
            for short in dict.fromkeys(_shorts(record)):
                naming = Naming.LETTER if len(short) == 1 else Naming.SHORT
                yield short, Named(record, record.name, naming)
        elif record.has_ended(self._on):
            for place in self._table.successors(record.adcode, self._on):
                if place.name != record.name or place.level != record.level:
                    yield record.name, Named(place, record.name, Naming.FORMER)


def _shorts(record: PlaceRecord) -> Iterator[str]:
    if record.level == PROVINCE:
        yield from _PROVINCES.get(record.adcode, "").split()
        return
    stem = _AUTONOMOUS.sub("", record.name)
    if stem != record.name:
        # 恩施州 and 恩施 for 恩施土家族苗族自治州.
        yield from _long_enough([stem + record.name[-1], stem])
        return
    # 市辖区 such as 朝阳区 and counties alike; one letter is left of 沛县, which says nothing.
    yield from _long_enough([_SUFFIX.sub("", record.name)])


def _long_enough(names: Collection[str]) -> Iterator[str]:
    return (name for name in names if len(name) >= _SHORTEST_STEM)
