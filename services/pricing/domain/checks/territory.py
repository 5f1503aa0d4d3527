"""Where the company works: the places that a book must answer for, and what lies in what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

_ADCODE_DIGITS: Final = 6
COUNTRY: Final = "CN"


class Place(NamedTuple):
    """A place of the territory.

    Attributes:
        codes: zones first, then the path of adcodes from the finest on.
        city_tier: empty: it has none.
    """

    codes: tuple[str, ...]
    city_tier: str = ""


class Territory:
    """The places of the company.

    Attributes:
        known: whether they were given; otherwise they are the adcodes that the book names, with
            their cities, provinces and the country.
    """

    def __init__(self, places: Iterable[Place], named: Collection[str]) -> None:
        given = list(dict.fromkeys(place for place in places if place.codes))
        self.known = bool(given)
        self.places = given or [Place(codes) for codes in _assumed(named)]
        self._within: dict[str, set[int]] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        for number, place in enumerate(self.places):
            for at, code in enumerate(place.codes):
                self._within.setdefault(code, set()).add(number)
                above = place.codes[at + 1 :]
                known = self._above.setdefault(code, above)
                if known != above:
                    # A zone lies in several districts: above it is what is above all of them.
                    self._above[code] = tuple(each for each in known if each in above)

    def __contains__(self, code: object) -> bool:
        return code in self._within

    def path(self, code: str) -> tuple[str, ...]:
        """A place named by its code alone, with what is surely above it; nothing for no code."""
        if not code:
            return ()
        above = self._above.get(code)
        if above is None:
            above = () if self.known else _above(code)
        return (code, *above)

    def may_meet(self, one: str, other: str) -> bool:
        """Whether something may lie in both places; an empty code is everywhere."""
        if not one or not other or one == other:
            return True
        if self.known and one in self._within and other in self._within:
            return not self._within[one].isdisjoint(self._within[other])
        if _is_adcode(one) and _is_adcode(other):
            return one in _above(other) or other in _above(one)
        return True

    def path_in_both(self, one: str, other: str) -> tuple[str, ...]:
        """The path of a place that lies in both, of two that may meet."""
        shared = self._within.get(one, set()) & self._within.get(other, set())
        if one and other and one != other and shared:
            return self.places[min(shared)].codes
        paths = (self.path(one), self.path(other))
        return max(paths, key=len) if not all(paths) else _joined(*paths)

    def regions(self, numbers: Collection[int]) -> list[str]:
        """The widest codes that are together just these places; nothing for all of them."""
        wanted, regions = set(numbers), list[str]()
        if len(wanted) == len(self.places):
            return []
        left = set(wanted)
        paths = [self.places[number].codes for number in sorted(wanted)]
        if self.known:  # of two with the same places the wider; nothing lies beside what was given
            paths = [path[::-1] for path in paths]
        codes = dict.fromkeys(code for path in paths for code in path)
        for code in sorted(codes, key=lambda code: -len(self._within[code])):
            within = self._within[code]
            if within <= wanted and not within.isdisjoint(left):
                regions.append(code)
                left -= within
        return regions


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Two paths as one; a zone, which nothing is known to lie below, comes first."""
    if one[0] in other:
        return other
    if other[0] in one:
        return one
    zone, path = (one, other) if not _is_adcode(one[0]) else (other, one)
    return tuple(dict.fromkeys((*zone, *path)))


def _assumed(named: Collection[str]) -> list[tuple[str, ...]]:
    adcodes = sorted(code for code in named if _is_adcode(code))
    others = sorted(set(named) - {"", *adcodes})
    return [(code, *_above(code)) for code in adcodes or others] or [(COUNTRY,)]


def _above(code: str) -> tuple[str, ...]:
    """What an adcode lies in, by GB/T 2260: its city, its province, the country."""
    if not _is_adcode(code):
        return ()
    wider = dict.fromkeys((f"{code[:4]}00", f"{code[:2]}0000"))
    return (*(each for each in wider if each != code), COUNTRY)


def _is_adcode(code: str) -> bool:
    return len(code) == _ADCODE_DIGITS and code.isdecimal()
