"""People and outlets: what roles and modes there are, and who may take work in a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from kit.errors import InvalidArgument

#: Roles of the company's own people; "customer" is the one role beside them.
STAFF_ROLES: Final = frozenset(
    {
        "technician",
        "outlet_manager",
        "supervisor",
        "finance",
        "hq",
        "agent",
        "shop_manager",
        "customer_service",
        "sales",
        "designer",
        "technical_director",
        "warehouse",
        "marketing",
        "dispatcher",
        "pricing_manager",
        "ops",
        "admin",
    }
)


#: 直营, 加盟, 大客户.
COOPERATION_MODES: Final = ("direct", "franchise", "key_account")


class Assignable(Protocol):
    """What ranking needs to know of a person."""

    @property
    def person_id(self) -> str:
        """Their id."""

    @property
    def region_adcodes(self) -> Sequence[str]:
        """Where their roles hold; none means everywhere."""


def check_person(display_name: str, roles: Sequence[str]) -> None:
    """Refuse a person without a name, or with a role that does not exist.

    Raises:
        InvalidArgument: ``PERSON_NAME_MISSING``, ``PERSON_ROLE_UNKNOWN``.
    """
    if not display_name.strip():
        raise InvalidArgument(
            "PERSON_NAME_MISSING", "a person needs a name", field="person.display_name"
        )
    for number, role in enumerate(roles):
        if role not in STAFF_ROLES:
            raise InvalidArgument(
                "PERSON_ROLE_UNKNOWN",
                f"{role!r} is no role; the roles are {', '.join(sorted(STAFF_ROLES))}",
                field=f"person.roles[{number}]",
            )


def check_outlet(name: str, cooperation_mode: str) -> None:
    """Refuse an outlet without a name, or in no mode of cooperation that exists.

    Raises:
        InvalidArgument: ``OUTLET_NAME_MISSING``, ``OUTLET_MODE_UNKNOWN``.
    """
    if not name.strip():
        raise InvalidArgument("OUTLET_NAME_MISSING", "an outlet needs a name", field="outlet.name")
    if cooperation_mode and cooperation_mode not in COOPERATION_MODES:
        raise InvalidArgument(
            "OUTLET_MODE_UNKNOWN",
            f"{cooperation_mode!r} is none of {', '.join(COOPERATION_MODES)}",
            field="outlet.cooperation_mode",
        )


def rank_assignees(people: Iterable[Assignable], path: Sequence[str]) -> list[str]:
    """The ids of those whose regions cover a place, whoever is nearest to it first.

    Args:
        people: who holds the role.
        path: the place's codes, finest first; empty asks for everybody.
    """
    everywhere = len(path)
    ranked: list[tuple[int, str]] = []
    for person in people:
        depths = [path.index(code) for code in person.region_adcodes if code in path]
        if depths:
            ranked.append((min(depths), person.person_id))
        elif not person.region_adcodes or not path:
            ranked.append((everywhere, person.person_id))
    return [person_id for _, person_id in sorted(ranked)]
