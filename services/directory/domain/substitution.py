"""Who stands in for whom: a successor for one who left, a proxy for one who is absent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol


class Leavable(Protocol):
    """What succession needs to know of a person."""

    @property
    def left(self) -> bool:
        """Whether they are no longer with the company."""

    @property
    def successor_person_id(self) -> str | None:
        """Who took over when they left, if anybody did."""


class Colleague(NamedTuple):
    """Whether a person can take a user task now, and who does when they cannot."""

    left: bool = False
    successor_person_id: str | None = None
    absent: bool = False
    proxy_person_id: str | None = None


class Taker(NamedTuple):
    """Who takes the work that was meant for somebody; mostly the same person."""

    person_id: str
    meant_person_id: str


def heir(person_id: str, people: Mapping[str, Leavable]) -> str | None:
    """Who does a person's work for good: they themselves while they are here, then whoever took
    over, or took over from that one.

    None when it ends with nobody: no successor was named, or nothing is known of the person.
    """
    passed: set[str] = set()
    current: str | None = person_id
    while current is not None and current in people and current not in passed:
        if not people[current].left:
            return current
        passed.add(current)
        current = people[current].successor_person_id
    return None


def takers(
    meant: Iterable[str], people: Mapping[str, Colleague], excluded: Collection[str] = ()
) -> list[Taker]:
    """Who takes the work, for each of those it is meant for, in their order; without those whose
    work nobody takes.

    Args:
        meant: for whom the work is.
        people: they, and all whom their chains of successors and proxies lead to.
        excluded: those who may not take it, nor have it taken on their behalf.
    """
    found: list[Taker] = []
    for person_id in dict.fromkeys(meant):
        responsible = heir(person_id, people)
        if responsible is None or not {person_id, responsible}.isdisjoint(excluded):
            continue
        found.append(Taker(_present(responsible, people, excluded) or responsible, person_id))
    return found


def _present(
    person_id: str, people: Mapping[str, Colleague], excluded: Collection[str]
) -> str | None:
    """The first of a chain of proxies who is not absent, if there is one."""
    passed = set(excluded)
    current: str | None = person_id
    while current is not None and current not in passed:
        if not people[current].absent:
            return current
        passed.add(current)
        proxy = people[current].proxy_person_id
        current = heir(proxy, people) if proxy else None
    return None
