"""What the checks find in what a draft touches, and what becomes of the draft for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from services.pricing.convert.books import content_from_proto, item_codes
from services.pricing.convert.drafts import change_of, listed
from services.pricing.domain.book import BookContent
from services.pricing.domain.checks import (
    Context,
    Finding,
    findings,
    refusing,
    unacknowledged,
)
from services.pricing.domain.comparison import Plain, RuleKind, RuleName, applied
from services.pricing.servicer.editing import Opened
from services.pricing.store import books, items

#: Items looked at for a changed rule that is meant for all of them.
_MOST_ITEMS: Final = 50
#: What can be said without every rate of the book.
_OF_A_PART: Final = frozenset({
    "PRICE_GAP", "PRICE_NO_LONGER_PRICED", "PRICE_CONTRADICTION", "PRICE_GROUP_TIE",
    "PRICE_RULE_ALWAYS_LOSES", "PRICE_SETTLEMENT_ABOVE_LIST", "PRICE_PROMOTION_BELOW_COST",
    "PRICE_JUMP",
})  # fmt: skip
_MOST_NAMED: Final = 20


async def refuse_contradictions(found: Opened, now: datetime) -> None:
    """Refuse a draft with findings with which no book is published.

    Raises:
        FailedPrecondition: ``PRICING_FINDINGS_REFUSE``; ``details`` names them.
    """
    _refuse(await new_findings(found, now), "draft_id")


async def refuse_contradictory(content: BookContent, now: datetime) -> None:
    """The same of a whole book, which stands on nothing.

    Raises:
        FailedPrecondition: ``PRICING_FINDINGS_REFUSE``; ``details`` names them.
    """
    _refuse(await asyncio.to_thread(findings, content, Context(_first_day(now))), "price_book")


def _refuse(told: Iterable[Finding], field: str) -> None:
    refused = refusing(told)
    if refused:
        raise FailedPrecondition(
            "PRICING_FINDINGS_REFUSE",
            f"{refused[0].message.english}; CheckPriceBook shows each with a quote",
            field=field,
            details=_named(refused),
        )


def _first_day(now: datetime) -> int:
    """The first whole day to come."""
    return (now.astimezone(SHANGHAI) + timedelta(days=1)).date().toordinal()


async def require_reason(found: Opened, now: datetime, comment: str) -> None:
    """Refuse to approve, without a word on why it is meant, what has findings that need one.

    Raises:
        FailedPrecondition: ``PRICING_FINDINGS_UNACKNOWLEDGED``; ``details`` names them.
    """
    if comment.strip():
        return
    told = unacknowledged(await new_findings(found, now), ())
    if told:
        raise FailedPrecondition(
            "PRICING_FINDINGS_UNACKNOWLEDGED",
            f"say in the comment why it is meant: {told[0].message.english}; CheckPriceBook shows"
            " each with a quote",
            field="comment",
            details=_named(told),
        )


async def new_findings(found: Opened, now: datetime) -> list[Finding]:
    """What is found in a draft and not in the version that it stands on: in the items whose rates it
    changes, and those that another rule that it changes is meant for."""
    base = await found.rules(await _touched(found))
    code, founds = found.row.price_book_code, found.draft.founds
    rules = applied(base.rules, map(change_of, found.changes.values()))
    before = None if founds or found.base is None else await _content(code, base.rules)
    after = await _content(code, rules)
    first_day = _first_day(now)
    context = Context(first_day, in_force=before)
    told = await asyncio.to_thread(findings, after, context)
    known = await asyncio.to_thread(findings, before, Context(first_day)) if before else []
    stood = {(each.code, each.message) for each in known}
    return [
        each for each in told if each.code in _OF_A_PART and (each.code, each.message) not in stood
    ]


async def _touched(found: Opened) -> set[str]:
    touched: set[str] = set()
    for change in found.real_changes:
        for said in filter(None, (change.before, change.after)):
            if change.name.kind is RuleKind.RATE:
                touched.add(said["item_code"])
            elif change.name.kind in (RuleKind.MODIFIER, RuleKind.PROMOTION):
                touched |= set(said.get("item_codes") or await _all_items(found))
    return touched


async def _all_items(found: Opened) -> Iterable[str]:
    """The first items of the version that a draft stands on."""
    if found.base is None:
        return ()
    rows = await books.priced_items(current_session(), found.base)
    return [row.item_code for row in rows[:_MOST_ITEMS]]


async def _content(price_book_code: str, rules: Mapping[RuleName, Plain]) -> BookContent:
    message = listed(price_book_code, rules).message
    known = await items.by_code(current_session(), item_codes(message))
    return content_from_proto(message, known.values())


def _named(told: Iterable[Finding]) -> dict[str, str]:
    """The findings by the rules that they are about."""
    named: dict[str, str] = {}
    for each in told:
        if len(named) < _MOST_NAMED:
            about = " ".join(rule.rule_id for rule in each.rules) or " ".join(each.item_codes)
            named[about] = f"{each.code}: {each.message.chinese}"
    return named
