"""What a price book must satisfy before it is published: every problem found, each with its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Final

from kit.errors import AlreadyExists, InvalidArgument
from kit.money import MINOR_DIGITS
from services.pricing.domain.book import Amount, BookContent, Rate, name_rate
from services.pricing.domain.charges import PercentOfParts
from services.pricing.domain.conditions import DIMENSIONS
from services.pricing.domain.refusing import refuse
from services.pricing.domain.rule_checks import (
    CODE,
    amount_problems,
    modifier_problems,
    promotion_problems,
    tax_problems,
    unknown_item,
)

#: Phases that every computation has of its own.
_OWN_PHASES: Final = ("base", "quantity", "promotion", "currency")


def check_content(content: BookContent, known_item_codes: Collection[str]) -> None:
    """Refuse a book that could not be quoted from without doubt.

    Raises:
        InvalidArgument: the first problem's reason and field; ``details`` holds all of them, the
            field's path to reason and message.
    """
    refuse(problems(content, known_item_codes))


def check_founding(price_book_code: str, version: int) -> None:
    """Refuse to publish anything but a first version without a draft.

    Raises:
        AlreadyExists: ``PRICING_DRAFT_NEEDED``.
    """
    if version > 1:
        raise AlreadyExists(
            "PRICING_DRAFT_NEEDED",
            f"book {price_book_code!r} is there; change it by a draft that somebody else approves",
            field="price_book.price_book_code",
        )


def check_effective(
    effective_from: datetime,
    now: datetime,
    version: int,
    correction_reason: str,
    field: str = "price_book.effective_from",
) -> None:
    """Refuse to change what was already in force without saying why; a first version may begin in
    the past, for nothing was quoted from the book before it. Quotes that were stored stay as they
    were in any case.

    Raises:
        InvalidArgument: ``PRICING_EFFECTIVE_IN_PAST``.
    """
    if version > 1 and effective_from < now and not correction_reason.strip():
        raise InvalidArgument(
            "PRICING_EFFECTIVE_IN_PAST",
            f"{effective_from.isoformat()} is past; leave it out to publish from now on, or give a"
            " correction_reason",
            field=field,
        )


def hash_content(content: BookContent) -> str:
    """The sha256 of a book's content; the order in which rules were listed does not matter."""
    plain = asdict(content)
    for rules in ("items", "rates", "modifiers", "promotions", "taxes"):
        plain[rules] = sorted(plain[rules], key=_canonical)
    return hashlib.sha256(_canonical(plain).encode()).hexdigest()


def _canonical(plain: object) -> str:
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    """All that is wrong with a book, each with its place."""
    yield from _head_problems(content)
    yield from _rate_problems(content, known)
    yield from modifier_problems(content, known)
    yield from promotion_problems(content, known)
    yield from tax_problems(content, known)


def _head_problems(content: BookContent) -> Iterator[InvalidArgument]:
    at, head = "price_book", content.head
    if not CODE.fullmatch(head.price_book_code):
        yield InvalidArgument(
            "PRICING_CODE_INVALID",
            "a book needs a code, such as standard",
            field=f"{at}.price_book_code",
        )
    if head.currency not in MINOR_DIGITS:
        yield InvalidArgument(
            "MONEY_CURRENCY_UNKNOWN",
            f"{head.currency!r} is no currency we know; write it as CNY",
            field=f"{at}.currency",
        )
    yield from _order_problems(content, f"{at}.resolution_order")
    for number, phase in enumerate(head.phases):
        taken = (*_OWN_PHASES, *head.phases[:number])
        if phase in taken or not CODE.fullmatch(phase):
            yield InvalidArgument(
                "PRICING_PHASE_INVALID",
                f"{phase!r} is named twice, empty, or one of {', '.join(_OWN_PHASES)}",
                field=f"{at}.phases[{number}]",
            )
    codes = [group.group_code for group in head.groups]
    for number, code in enumerate(codes):
        if not CODE.fullmatch(code) or code in codes[:number]:
            yield InvalidArgument(
                "PRICING_CODE_INVALID",
                f"{code!r} is no code, or taken",
                field=f"{at}.groups[{number}].group_code",
            )
    places = [opening.place_code for opening in head.openings]
    for number, place in enumerate(places):
        if not place or place in places[:number]:
            yield InvalidArgument(
                "PRICING_OPENING_INVALID",
                "name a place, each once",
                field=f"{at}.openings[{number}].place_code",
            )
    if not content.rates:
        yield InvalidArgument(
            "PRICING_BOOK_EMPTY", "a book needs a rate at least", field=f"{at}.rates"
        )


def _order_problems(content: BookContent, at: str) -> Iterator[InvalidArgument]:
    order = content.head.resolution_order
    for number, dimension in enumerate(order):
        if dimension not in DIMENSIONS or dimension in order[:number]:
            yield InvalidArgument(
                "PRICING_RESOLUTION_ORDER_INVALID",
                f"{dimension!r} is named twice or none of {', '.join(DIMENSIONS)}",
                field=f"{at}[{number}]",
            )
    used = {dimension for rate in content.rates for dimension in rate.conditions.said()}
    missing = [d for d in DIMENSIONS if d in used | {"place"} and d not in order]
    if missing:
        yield InvalidArgument(
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            f"rates depend on {', '.join(missing)} too; say where in the order of decision",
            field=at,
        )


def _rate_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    first_with_id: dict[str, int] = {}
    alike: dict[object, list[int]] = {}
    for number, rate in enumerate(content.rates):
        at = f"price_book.rates[{number}]"
        if rate.item_code not in known:
            yield unknown_item(f"{at}.item_code", rate.item_code)
        rate_id = rate.rate_id or name_rate(rate.item_code, rate.conditions)
        rivals = alike.setdefault(_rivalry(rate), [])
        rival = next((n for n in rivals if _meet(content.rates[n], rate)), None)
        if rival is not None:
            yield _overlap(content.rates[rival], rate, rival, at)
        elif first_with_id.setdefault(rate_id, number) != number:
            yield InvalidArgument(
                "PRICING_RATE_REPEATED", f"the id {rate_id!r} is taken", field=f"{at}.rate_id"
            )
        rivals.append(number)
        yield from _price_problems(rate, content.head.currency, at)
        if wanted := rate.charge.unsound():
            yield InvalidArgument(
                "PRICING_CHARGE_INVALID", f"it takes {wanted}", field=f"{at}.charge"
            )


def _rivalry(rate: Rate) -> object:
    """Rates that rank alike wherever both hold."""
    conditions = rate.conditions
    return (
        rate.item_code,
        conditions.place_code,
        conditions.equalities(),
        conditions.limits.said(),
    )


def _meet(one: Rate, other: Rate) -> bool:
    return one.conditions.limits.meet(other.conditions.limits)


def _overlap(one: Rate, other: Rate, number: int, at: str) -> InvalidArgument:
    if one.conditions == other.conditions:
        return InvalidArgument(
            "PRICING_RATE_REPEATED",
            f"rates[{number}] has the same item and conditions; keep one of them",
            field=at,
        )
    return InvalidArgument(
        "PRICING_RATE_OVERLAP",
        f"rates[{number}] has the same conditions within {', '.join(one.conditions.limits.said())}"
        " that overlap; neither would win",
        field=at,
    )


def _price_problems(rate: Rate, currency: str, at: str) -> Iterator[InvalidArgument]:
    for price, name in (
        (rate.list_price, "list_price"),
        (rate.settlement_price, "settlement_price"),
    ):
        if isinstance(rate.charge, PercentOfParts) and price == Amount("", 0):
            continue
        yield from amount_problems(price, currency, f"{at}.{name}")
