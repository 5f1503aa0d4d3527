"""Payee profiles (收款人税务身份): under which rules somebody is paid, from a day on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import to_fraction


class ProfileKind(StrEnum):
    """What a payee is to the tax office."""

    EMPLOYEE = "employee"  # 员工：由工资代扣
    LABOUR_SERVICE = "labour_service"  # 劳务报酬
    PLATFORM_WORKER = "platform_worker"  # 互联网平台内从业人员：累计预扣
    SOLE_TRADER = "sole_trader"  # 个体工商户：凭发票
    COMPANY = "company"  # 公司：凭发票


#: From whom tax is kept back when they are paid.
WITHHELD_FROM: Final = (ProfileKind.LABOUR_SERVICE, ProfileKind.PLATFORM_WORKER)
#: Who is paid against an invoice only.
INVOICED: Final = (ProfileKind.SOLE_TRADER, ProfileKind.COMPANY)
#: Whose account may be paid out of at all.
PARTY_KINDS: Final = ("technician", "team", "outlet", "agent", "franchisee")

#: A payee id, or nothing for all of a party kind that have no profile of their own.
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{0,64}")
#: Personal data stays in the directory; here is only where to find it.
_REFERENCE: Final = re.compile(r"(pd_[A-Za-z0-9_]{1,64})?")


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid: a party of the ledger."""

    party_kind: str
    payee_id: str


@dataclass(frozen=True, slots=True)
class PayeeProfile:
    """One version of a payee's profile.

    Args:
        payee: whose; an empty payee id means all of the party kind without one of their own.
        version: counted from 1 for each payee.
        valid_from: the first day it counts for, in Shanghai.
        profile_kind: what the payee is to the tax office.
        vat_ratio: of what is paid against an invoice, the VAT it contains, such as "0.06"; or "".
        identity_reference: ``pd_…`` of the directory; never an identity number.
        reason: why it was put.
    """

    payee: Payee
    version: int
    valid_from: date
    profile_kind: ProfileKind
    vat_ratio: str = ""
    identity_reference: str = ""
    reason: str = ""


def check_profile(profile: PayeeProfile) -> None:
    """Refuse a profile nobody could be paid by.

    Raises:
        InvalidArgument: ``SETTLEMENT_PAYEE_PROFILE_INVALID``, naming the field.
    """
    payee = profile.payee
    if payee.party_kind not in PARTY_KINDS:
        raise _invalid(f"a payee is one of {', '.join(PARTY_KINDS)}", "party_kind")
    if not _ID.fullmatch(payee.payee_id):
        raise _invalid(f"{payee.payee_id!r} is no id: letters, digits, '_', '.', '-'", "payee_id")
    if not _REFERENCE.fullmatch(profile.identity_reference):
        raise _invalid(
            "personal data stays in the directory: give its reference, pd_…", "identity_reference"
        )
    if not profile.reason.strip():
        raise _invalid("say why, such as the contract it follows from", "reason")
    if profile.vat_ratio:
        if profile.profile_kind not in INVOICED:
            raise _invalid("only who gives an invoice has VAT in it", "vat_ratio")
        if not 0 <= _ratio(profile.vat_ratio) < 1:
            raise _invalid("a ratio below 1, such as 0.06", "vat_ratio")


def profile_on(profiles: Iterable[PayeeProfile], on: date) -> PayeeProfile | None:
    """The profile that counts on a day: of those that hold the one that began last, of two from one
    day the last put; the payee's own before that of the party kind."""
    holding = [profile for profile in profiles if profile.valid_from <= on]
    return max(
        holding,
        key=lambda each: (bool(each.payee.payee_id), each.valid_from, each.version),
        default=None,
    )


def needed_profile(profiles: Iterable[PayeeProfile], payee: Payee, on: date) -> PayeeProfile:
    """`profile_on`, where there has to be one.

    Raises:
        FailedPrecondition: ``SETTLEMENT_PAYEE_PROFILE_MISSING``.
    """
    found = profile_on(profiles, on)
    if found is None:
        raise FailedPrecondition(
            "SETTLEMENT_PAYEE_PROFILE_MISSING",
            f"{payee.party_kind} {payee.payee_id!r} has no payee profile on {on}, nor have all of"
            " its kind; put one before paying",
            field="payee_id",
        )
    return found


def _ratio(text: str) -> Fraction:
    try:
        return to_fraction(text)
    except InvalidArgument as error:
        raise _invalid(f"{text!r} is no ratio, such as 0.06", "vat_ratio") from error


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument(
        "SETTLEMENT_PAYEE_PROFILE_INVALID", message, field=f"payee_profile.{field}"
    )
