"""What must be known of a customer before they are registered."""

from __future__ import annotations

import re
from typing import Final

from kit.errors import InvalidArgument

_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,22}[0-9]")
_LONGEST_NAME: Final = 100
_LONGEST_DETAIL: Final = 300


def check_customer(name: str, phone: str) -> None:
    """Refuse a customer who could be neither addressed nor called.

    Raises:
        InvalidArgument: ``CUSTOMER_NAME_INVALID``, ``CUSTOMER_PHONE_INVALID``.
    """
    check_name(name)
    check_phone(phone)


def check_name(name: str) -> None:
    """Refuse a name that is none.

    Raises:
        InvalidArgument: ``CUSTOMER_NAME_INVALID``.
    """
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise InvalidArgument(
            "CUSTOMER_NAME_INVALID", f"a name has 1 to {_LONGEST_NAME} characters", field="name"
        )


def check_phone(phone: str) -> None:
    """Refuse a number that cannot be dialled.

    Raises:
        InvalidArgument: ``CUSTOMER_PHONE_INVALID``.
    """
    if not _PHONE.fullmatch(phone):
        raise InvalidArgument(
            "CUSTOMER_PHONE_INVALID",
            "a phone number is digits, with an optional leading + and with - or spaces between",
            field="phone",
        )


def check_address_detail(detail: str, field: str) -> None:
    """Refuse an address without street and building.

    Raises:
        InvalidArgument: ``ADDRESS_DETAIL_INVALID``.
    """
    if not 0 < len(detail.strip()) <= _LONGEST_DETAIL:
        raise InvalidArgument(
            "ADDRESS_DETAIL_INVALID",
            f"street, building, unit and room take 1 to {_LONGEST_DETAIL} characters",
            field=field,
        )


def check_purpose(purpose: str) -> None:
    """Refuse to show personal data to somebody who does not say why.

    Raises:
        InvalidArgument: ``REVEAL_PURPOSE_MISSING``.
    """
    if not purpose.strip():
        raise InvalidArgument(
            "REVEAL_PURPOSE_MISSING",
            "say why it must be seen, such as 'call the customer about the visit'; it is kept",
            field="purpose",
        )
