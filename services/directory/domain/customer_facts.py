"""What may be said of customers beside names and numbers: levels, tags, contacts' roles, consents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument

MOST_TAGGED_AT_ONCE: Final = 200
#: Channels on which a customer is reachable until they say no: they added the company themselves.
REACHABLE_UNASKED: Final = frozenset({"wecom"})
_LONGEST_TAG: Final = 40
_MOST_TAGS: Final = 20
_LONGEST_LEVEL: Final = 40
_LONGEST_ROLE: Final = 40
_LONGEST_REMARK: Final = 200


def check_level(level: str) -> str:
    """A level without spaces around.

    Raises:
        InvalidArgument: ``CUSTOMER_LEVEL_INVALID``.
    """
    return _short(level, _LONGEST_LEVEL, "CUSTOMER_LEVEL_INVALID", "customer_level")


def check_contact_role(role: str) -> str:
    """What a contact is, without spaces around.

    Raises:
        InvalidArgument: ``CONTACT_ROLE_INVALID``.
    """
    return _short(role, _LONGEST_ROLE, "CONTACT_ROLE_INVALID", "contact_role")


def check_remark(remark: str) -> str:
    """How a consent was said, without spaces around.

    Raises:
        InvalidArgument: ``CONSENT_REMARK_INVALID``.
    """
    return _short(remark, _LONGEST_REMARK, "CONSENT_REMARK_INVALID", "remark")


def _short(text: str, longest: int, reason: str, field: str) -> str:
    stripped = text.strip()
    if len(stripped) > longest:
        raise InvalidArgument(reason, f"at most {longest} characters", field=field)
    return stripped


def settled_tags(tags: Iterable[str], field: str) -> list[str]:
    """Tags without spaces around, each once, in their order.

    Raises:
        InvalidArgument: ``CUSTOMER_TAG_INVALID``.
    """
    settled = list(dict.fromkeys(tag.strip() for tag in tags))
    if len(settled) > _MOST_TAGS:
        raise InvalidArgument("CUSTOMER_TAG_INVALID", f"at most {_MOST_TAGS} tags", field=field)
    for number, tag in enumerate(settled):
        if not 0 < len(tag) <= _LONGEST_TAG:
            raise InvalidArgument(
                "CUSTOMER_TAG_INVALID",
                f"a tag has 1 to {_LONGEST_TAG} characters",
                field=f"{field}[{number}]",
            )
    return settled


def check_tagging(customer_count: int, add: list[str], remove: list[str]) -> None:
    """Refuse to tag nobody, too many at once, with nothing, or to and fro.

    Raises:
        InvalidArgument: ``CUSTOMER_TAG_INVALID``.
    """
    if not 0 < customer_count <= MOST_TAGGED_AT_ONCE:
        raise InvalidArgument(
            "CUSTOMER_TAG_INVALID",
            f"name 1 to {MOST_TAGGED_AT_ONCE} customers",
            field="customer_ids",
        )
    if not add and not remove:
        raise InvalidArgument("CUSTOMER_TAG_INVALID", "name a tag", field="add_tags")
    if both := set(add) & set(remove):
        raise InvalidArgument(
            "CUSTOMER_TAG_INVALID",
            f"{min(both)!r} cannot be put on and taken off at once",
            field="remove_tags",
        )


def check_revision(wanted: int, found: int) -> None:
    """Refuse a change of a customer that was seen before somebody changed them.

    Raises:
        FailedPrecondition: ``CUSTOMER_REVISION_STALE``.
    """
    if wanted not in (0, found):
        raise FailedPrecondition(
            "CUSTOMER_REVISION_STALE",
            f"the customer is at revision {found}, you saw {wanted}: look again",
            field="revision",
        )


def check_parent(customer_id: str, parent_customer_id: str, parent_type: str) -> None:
    """Refuse a parent that is no company, or the customer itself.

    Raises:
        FailedPrecondition: ``CUSTOMER_PARENT_INVALID``.
    """
    if parent_type != "company" or parent_customer_id == customer_id:
        raise FailedPrecondition(
            "CUSTOMER_PARENT_INVALID",
            "name another customer, who is a company",
            field="parent_customer_id",
        )
