"""People and outlets: what roles and modes there are, and what it is to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from kit.errors import FailedPrecondition, InvalidArgument

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


_LONGEST_REASON: Final = 200

#: 直营, 加盟, 大客户.
COOPERATION_MODES: Final = ("direct", "franchise", "key_account")


class Leaving(NamedTuple):
    """When a person left, and who took over."""

    left_at: datetime
    successor_person_id: str | None = None


def check_person(display_name: str, roles: Sequence[str], department_ids: Sequence[str]) -> None:
    """Refuse a person without a name, with a role that does not exist, or twice in a department.

    Raises:
        InvalidArgument: ``PERSON_NAME_MISSING``, ``PERSON_ROLE_UNKNOWN``,
            ``PERSON_DEPARTMENT_REPEATED``.
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
    for number, department_id in enumerate(department_ids):
        if department_id in department_ids[:number]:
            raise InvalidArgument(
                "PERSON_DEPARTMENT_REPEATED",
                f"{department_id!r} stands there already; name each department once",
                field=f"person.department_ids[{number}]",
            )


def check_leaving(
    person_id: str, left_at: datetime, successor_person_id: str, reason: str, now: datetime
) -> None:
    """Refuse a leaving that is yet to come, that is not explained, or whose successor is the leaver.

    Raises:
        InvalidArgument: ``PERSON_LEAVING_INVALID``.
    """
    if left_at > now:
        raise _leaving_invalid("say it when they have left, not before", "left_at")
    if successor_person_id == person_id:
        raise _leaving_invalid("somebody else takes over, or nobody", "successor_person_id")
    if not 1 <= len(reason.strip()) <= _LONGEST_REASON:
        raise _leaving_invalid(f"say why, in 1 to {_LONGEST_REASON} characters", "reason")


def _leaving_invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PERSON_LEAVING_INVALID", message, field=field)


def check_active(person_id: str, leaving: Leaving | None, field: str) -> None:
    """Refuse a person who left where one is needed who is here.

    Raises:
        FailedPrecondition: ``PERSON_LEFT``, naming ``field``.
    """
    if leaving is not None:
        raise FailedPrecondition(
            "PERSON_LEFT",
            f"{person_id!r} left the company; name somebody who is here, or put them as active",
            field=field,
        )


def leaving_as_put(
    state: Literal["active", "left", ""], known: Leaving | None, now: datetime
) -> Leaving | None:
    """What putting a person makes of their leaving.

    Args:
        state: as it is put: ``active`` takes them back, ``left`` lets them go now unless they left
            before, and an empty one leaves it as it is.
        known: how it is so far.
        now: the present instant.
    """
    match state:
        case "active":
            return None
        case "left":
            return known or Leaving(now)
        case "":
            return known


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
