"""What a price book must satisfy before it is published: every problem found, each with its place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.money import MINOR_DIGITS
from services.pricing.domain.book import (
    DIMENSIONS,
    Amount,
    BookContent,
    CombineMode,
    Modifier,
    Rate,
    RateKey,
    exact_ratio,
    is_ratio,
)

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_LARGEST_RATIO: Final = 100
_LARGEST_AMOUNT: Final = 10**12
#: Phases that every computation has of its own.
_OWN_PHASES: Final = ("base", "quantity")


def check_content(content: BookContent, known_item_codes: Collection[str]) -> None:
    """Refuse a book that could not be quoted from without doubt.

    Raises:
        InvalidArgument: the first problem's reason and field; ``details`` holds all of them, the
            field's path to reason and message.
    """
    problems = list(_problems(content, known_item_codes))
    if not problems:
        return
    details: dict[str, str] = {}
    for problem in problems:
        said = f"{problem.reason}: {problem.message}"
        details[problem.field] = "; ".join(filter(None, (details.get(problem.field), said)))
    first, others = problems[0], len(problems) - 1
    more = f" (and {others} more, see details)" if others else ""
    raise InvalidArgument(
        first.reason, f"{first.message}{more}", field=first.field, details=details
    )


def check_effective(effective_from: datetime, now: datetime, version: int) -> None:
    """Refuse to change what was already in force; a first version may begin in the past, for
    nothing was quoted from the book before it.

    Raises:
        InvalidArgument: ``PRICING_EFFECTIVE_IN_PAST``.
    """
    if version > 1 and effective_from < now:
        raise InvalidArgument(
            "PRICING_EFFECTIVE_IN_PAST",
            f"{effective_from.isoformat()} is past; leave it out to publish from now on",
            field="price_book.effective_from",
        )


def hash_content(content: BookContent) -> str:
    """The sha256 of a book's content; the order in which rules were listed does not matter."""
    plain = asdict(content)
    plain["items"] = sorted(plain["items"], key=lambda item: item["item_code"])
    plain["rates"] = sorted(plain["rates"], key=lambda rate: rate["key"])
    plain["modifiers"] = sorted(plain["modifiers"], key=lambda m: m["modifier_code"])
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    yield from _head_problems(content)
    yield from _rate_problems(content, known)
    yield from _modifier_problems(content, known)


def _head_problems(content: BookContent) -> Iterator[InvalidArgument]:
    at = "price_book"
    if not _CODE.fullmatch(content.price_book_code):
        yield InvalidArgument(
            "PRICING_CODE_INVALID",
            "a book needs a code, such as standard",
            field=f"{at}.price_book_code",
        )
    if content.currency not in MINOR_DIGITS:
        yield InvalidArgument(
            "MONEY_CURRENCY_UNKNOWN",
            f"{content.currency!r} is no currency we know; write it as CNY",
            field=f"{at}.currency",
        )
    if sorted(content.resolution_order) != sorted(DIMENSIONS):
        yield InvalidArgument(
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            f"name each of {', '.join(DIMENSIONS)} once, the most decisive first",
            field=f"{at}.resolution_order",
        )
    for number, phase in enumerate(content.phases):
        taken = (*_OWN_PHASES, *content.phases[:number])
        if phase in taken or not _CODE.fullmatch(phase):
            yield InvalidArgument(
                "PRICING_PHASE_INVALID",
                f"{phase!r} is named twice, empty, or one of {', '.join(_OWN_PHASES)}",
                field=f"{at}.phases[{number}]",
            )
    if not content.rates:
        yield InvalidArgument(
            "PRICING_BOOK_EMPTY", "a book needs a rate at least", field=f"{at}.rates"
        )


def _rate_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    first_with_key: dict[RateKey, int] = {}
    first_with_id: dict[str, int] = {}
    for number, rate in enumerate(content.rates):
        at = f"price_book.rates[{number}]"
        if rate.key.item_code not in known:
            yield _unknown_item(f"{at}.item_code", rate.key.item_code)
        earlier = first_with_key.setdefault(rate.key, number)
        if earlier != number:
            yield InvalidArgument(
                "PRICING_RATE_REPEATED",
                f"rates[{earlier}] has the same item and conditions; keep one of them",
                field=at,
            )
        elif first_with_id.setdefault(rate.rate_id, number) != number:
            yield InvalidArgument(
                "PRICING_RATE_REPEATED", f"the id {rate.rate_id!r} is taken", field=f"{at}.rate_id"
            )
        yield from _price_problems(rate, content.currency, at)


def _price_problems(rate: Rate, currency: str, at: str) -> Iterator[InvalidArgument]:
    yield from _amount_problems(rate.list_price, currency, f"{at}.list_price")
    yield from _amount_problems(rate.settlement_price, currency, f"{at}.settlement_price")


def _amount_problems(amount: Amount, currency: str, at: str) -> Iterator[InvalidArgument]:
    if not amount.currency:
        yield InvalidArgument("PRICING_AMOUNT_MISSING", "say how much, with its currency", field=at)
    elif amount.currency != currency:
        yield InvalidArgument(
            "PRICING_CURRENCY_MISMATCH", f"{amount.currency} in a book of {currency}", field=at
        )
    if amount.amount_minor < 0:
        yield InvalidArgument(
            "PRICING_AMOUNT_NEGATIVE", "an amount in a book is zero or more", field=at
        )
    elif amount.amount_minor >= _LARGEST_AMOUNT:
        yield InvalidArgument(
            "MONEY_OUT_OF_RANGE", f"below {_LARGEST_AMOUNT} minor units", field=at
        )


def _modifier_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    seen: set[str] = set()
    for number, modifier in enumerate(content.modifiers):
        at = f"price_book.modifiers[{number}]"
        if not _CODE.fullmatch(modifier.modifier_code):
            yield InvalidArgument(
                "PRICING_CODE_INVALID",
                "letters, digits, '-', '_' and '.'",
                field=f"{at}.modifier_code",
            )
        if modifier.modifier_code in seen:
            yield InvalidArgument(
                "PRICING_MODIFIER_REPEATED",
                f"{modifier.modifier_code!r} is there already",
                field=f"{at}.modifier_code",
            )
        seen.add(modifier.modifier_code)
        if not modifier.label.strip():
            yield InvalidArgument(
                "PRICING_LABEL_MISSING",
                "the explanation names it by its label",
                field=f"{at}.label",
            )
        if modifier.phase not in content.phases:
            yield InvalidArgument(
                "PRICING_PHASE_UNKNOWN",
                f"{modifier.phase!r} is none of the book's phases: {', '.join(content.phases)}",
                field=f"{at}.phase",
            )
        for place, item_code in enumerate(modifier.item_codes):
            if item_code not in known:
                yield _unknown_item(f"{at}.item_codes[{place}]", item_code)
        yield from _effect_problems(modifier, content.currency, at)


def _effect_problems(modifier: Modifier, currency: str, at: str) -> Iterator[InvalidArgument]:
    match modifier.combine_mode:
        case None:
            yield InvalidArgument(
                "PRICING_COMBINE_MODE_MISSING",
                "say how it changes an amount",
                field=f"{at}.combine_mode",
            )
        case CombineMode.ADD_AMOUNT:
            if modifier.ratio:
                yield InvalidArgument(
                    "PRICING_RATIO_INVALID", "a fixed sum takes no ratio", field=f"{at}.ratio"
                )
            yield from _amount_problems(modifier.amount, currency, f"{at}.amount")
        case CombineMode.MULTIPLY | CombineMode.ADD_RATIO_OF_BASE:
            if modifier.amount.currency:
                yield InvalidArgument(
                    "PRICING_AMOUNT_UNUSED", "a ratio takes no fixed sum", field=f"{at}.amount"
                )
            if not (is_ratio(modifier.ratio) and 0 < exact_ratio(modifier.ratio) <= _LARGEST_RATIO):
                yield InvalidArgument(
                    "PRICING_RATIO_INVALID",
                    f"{modifier.ratio!r} is no ratio above 0 and up to {_LARGEST_RATIO}; write it"
                    " as '1.2' or '1/3'",
                    field=f"{at}.ratio",
                )


def _unknown_item(at: str, item_code: str) -> InvalidArgument:
    return InvalidArgument(
        "PRICING_ITEM_UNKNOWN", f"{item_code!r} is in neither library; put the item first", field=at
    )
