"""Coupons (优惠券): codes of a promotion, each with a quota."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound

MOST_CODES: Final = 10_000
_LARGEST_QUOTA: Final = 10_000_000
_CODE: Final = re.compile(r"[A-Z0-9]{4,32}")
#: Without what is read as something else: no 0 and O, no 1, I and L, no U.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Some 59 bits.
_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class CouponBatch:
    """Codes that were made together.

    Attributes:
        quota_per_code: how often each may be used.
        limit_per_customer: how often one customer may use codes of it; 0: as often as there are.
        valid_until: not included; None: for ever.
    """

    promotion_code: str
    quota_per_code: int
    limit_per_customer: int
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code as it stands.

    Attributes:
        has_left: whether its quota has one left, or who asks has one of it already.
    """

    coupon_code: str
    promotion_code: str
    valid_from: datetime
    valid_until: datetime | None
    has_left: bool


def settled_code(written: str) -> str:
    """A code in the one way it is kept: upper case, without blanks and dashes."""
    return re.sub(r"[\s-]", "", written).upper()


def generate_codes(count: int) -> list[str]:
    """So many codes, all different, that nobody guesses."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))] = None
    return list(codes)


def check_batch(batch: CouponBatch) -> None:
    """Refuse a batch that could not be used.

    Raises:
        InvalidArgument: ``PRICING_COUPONS_INVALID``, naming the field.
    """
    if not batch.promotion_code:
        raise _invalid("say which promotion it is for", "batch.promotion_code")
    if not 1 <= batch.quota_per_code <= _LARGEST_QUOTA:
        raise _invalid(f"1 to {_LARGEST_QUOTA}", "batch.quota_per_code")
    if not 0 <= batch.limit_per_customer <= _LARGEST_QUOTA:
        raise _invalid(f"0 (no limit) to {_LARGEST_QUOTA}", "batch.limit_per_customer")
    if batch.valid_until is not None and batch.valid_until <= batch.valid_from:
        raise _invalid("it ends after it begins", "batch.valid_until")


def wanted_codes(written: Sequence[str], generated_count: int) -> list[str]:
    """The codes of a new batch: those written, or so many made.

    Raises:
        InvalidArgument: ``PRICING_COUPONS_INVALID``, naming the field.
    """
    if bool(written) == bool(generated_count):
        raise _invalid("give codes, or say how many to make", "codes")
    if not 0 < len(written) + generated_count <= MOST_CODES:
        field = "codes" if written else "generated_count"
        raise _invalid(f"a batch has 1 to {MOST_CODES} codes", field)
    if not written:
        return generate_codes(generated_count)
    codes: dict[str, int] = {}
    for number, each in enumerate(written):
        code, field = settled_code(each), f"codes[{number}]"
        if not _CODE.fullmatch(code):
            raise _invalid(f"{each!r}: a code is 4 to 32 letters and digits", field)
        if code in codes:
            raise _invalid(f"{each!r} is codes[{codes[code]}] again", field)
        codes[code] = number
    return list(codes)


def check_usable(coupon: Coupon, written: str, at: datetime, field: str) -> None:
    """Refuse a code that cannot be used at an instant.

    Args:
        written: the code as somebody wrote it.
        field: where it stands in the request.

    Raises:
        FailedPrecondition: ``PRICING_COUPON_NOT_YET``, ``PRICING_COUPON_EXPIRED`` or
            ``PRICING_COUPON_EXHAUSTED``, naming the field.
    """
    if at < coupon.valid_from:
        raise FailedPrecondition(
            "PRICING_COUPON_NOT_YET", f"coupon {written!r} is not valid yet", field=field
        )
    if coupon.valid_until is not None and at >= coupon.valid_until:
        raise FailedPrecondition(
            "PRICING_COUPON_EXPIRED", f"coupon {written!r} is not valid any more", field=field
        )
    if not coupon.has_left:
        raise exhausted(written, field)


def unknown(written: str, field: str) -> NotFound:
    """There is no such code."""
    return NotFound("PRICING_COUPON_UNKNOWN", f"there is no coupon {written!r}", field=field)


def exhausted(written: str, field: str) -> FailedPrecondition:
    """Nothing is left of a code's quota."""
    return FailedPrecondition(
        "PRICING_COUPON_EXHAUSTED", f"coupon {written!r} has been used up", field=field
    )


def check_known_promotion(coupon: Coupon, promotions: Collection[str], field: str) -> None:
    """Refuse a coupon that a price book knows nothing about.

    Raises:
        FailedPrecondition: ``PRICING_COUPON_ELSEWHERE``.
    """
    if coupon.promotion_code not in promotions:
        raise FailedPrecondition(
            "PRICING_COUPON_ELSEWHERE",
            f"coupon {coupon.coupon_code!r} is for promotion {coupon.promotion_code!r}, which this"
            " price book does not have",
            field=field,
        )


def check_holder(case_id: str, customer_id: str) -> None:
    """Refuse to reserve for nobody.

    Raises:
        InvalidArgument: ``PRICING_COUPON_HOLDER_MISSING``, naming the field.
    """
    for name, given in (("case_id", case_id), ("customer_id", customer_id)):
        if not given:
            raise InvalidArgument(
                "PRICING_COUPON_HOLDER_MISSING",
                "a coupon is reserved for a case and its customer",
                field=name,
            )


def check_customer(used: int, limit: int, written: str) -> None:
    """Refuse one more use to a customer who has had theirs.

    Raises:
        FailedPrecondition: ``PRICING_COUPON_LIMIT_REACHED``.
    """
    if limit and used >= limit:
        raise FailedPrecondition(
            "PRICING_COUPON_LIMIT_REACHED",
            f"a customer may use coupons such as {written!r} {limit} times",
            field="customer_id",
        )


def check_redeemable(released_at: datetime | None) -> None:
    """Refuse to redeem what was given back.

    Raises:
        FailedPrecondition: ``PRICING_COUPON_RELEASED``.
    """
    if released_at is not None:
        raise FailedPrecondition(
            "PRICING_COUPON_RELEASED",
            "this coupon was given back; reserve it again",
            field="coupon_use_id",
        )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PRICING_COUPONS_INVALID", message, field=field)
