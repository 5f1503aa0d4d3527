"""The organisation: departments in a tree, and who leads whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol

from kit.errors import InvalidArgument
from services.directory.domain.substitution import heir


class Unit(Protocol):
    """What leading needs to know of a department."""

    @property
    def parent_id(self) -> str | None:
        """The department it is part of; none at the top."""

    @property
    def leader_person_id(self) -> str | None:
        """Who leads it; nobody while the post is vacant."""


class Member(NamedTuple):
    """Where a person stands in the organisation."""

    left: bool = False
    successor_person_id: str | None = None
    leader_person_id: str | None = None
    main_department_id: str | None = None


def check_department(name: str) -> None:
    """Refuse a department without a name.

    Raises:
        InvalidArgument: ``DEPARTMENT_NAME_MISSING``.
    """
    if not name.strip():
        raise InvalidArgument(
            "DEPARTMENT_NAME_MISSING", "a department needs a name", field="department.name"
        )


def check_parent(department_id: str, line: Collection[str]) -> None:
    """Refuse a department that would be part of itself.

    Args:
        department_id: the department.
        line: its parent and all that are above that one.

    Raises:
        InvalidArgument: ``DEPARTMENT_LOOP``.
    """
    if department_id in line:
        raise InvalidArgument(
            "DEPARTMENT_LOOP",
            f"{department_id!r} cannot be below itself; choose a parent outside of it",
            field="department.parent_id",
        )


def check_leader(person_id: str, line: Collection[str]) -> None:
    """Refuse a person who would lead themselves.

    Args:
        person_id: the person.
        line: the leader named for them, the one named for that leader, and so on.

    Raises:
        InvalidArgument: ``PERSON_LEADER_LOOP``.
    """
    if person_id in line:
        raise InvalidArgument(
            "PERSON_LEADER_LOOP",
            f"{person_id!r} cannot be led by themselves or by somebody they lead;"
            " leave it out to be led by whoever leads the department",
            field="person.leader_person_id",
        )


def leader_above(
    person_id: str, levels: int, people: Mapping[str, Member], departments: Mapping[str, Unit]
) -> str | None:
    """Who leads a person, so many levels up; the topmost where there are fewer; None for the top.

    Whoever is named for a person leads them; otherwise whoever leads their main department or, where
    that is they themselves or nobody, the next one above it. A leader who left leads through their
    successor, and without one no more. Nobody stands twice on the way up.

    Args:
        person_id: who is led.
        levels: 1 is the direct leader, 2 the leader of that one.
        people: the person, everybody who leads anybody, and their successors.
        departments: all of them.

    Returns:
        The leader as named, even where a successor leads in their place.
    """
    found: str | None = None
    current, passed = person_id, {person_id}
    for _ in range(levels):
        for named in _named_leaders(current, people, departments):
            leading = heir(named, people)
            if leading is not None and leading not in passed:
                break
        else:
            return found
        found, current = named, leading
        passed.add(leading)
    return found


def _named_leaders(
    person_id: str, people: Mapping[str, Member], departments: Mapping[str, Unit]
) -> Iterator[str]:
    """Everybody who may lead a person, the nearest first."""
    member = people.get(person_id, Member())
    if member.leader_person_id:
        yield member.leader_person_id
    department_id = member.main_department_id
    while department_id is not None:
        department = departments[department_id]
        if department.leader_person_id:
            yield department.leader_person_id
        department_id = department.parent_id
