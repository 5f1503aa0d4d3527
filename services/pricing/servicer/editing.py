"""A draft taken up: what it stands on, what it changes of that, and edits of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from services.pricing.convert.books import content_from_proto, item_codes
from services.pricing.convert.drafts import (
    Listed,
    change_of,
    draft_from_row,
    listed,
    rate_of_row,
    rules_of_rows,
)
from services.pricing.domain.comparison import (
    HEAD,
    Change,
    Plain,
    RuleKind,
    RuleName,
    applied,
    hash_of,
)
from services.pricing.domain.conditions import DIMENSIONS
from services.pricing.domain.drafts import Draft
from services.pricing.domain.publishing import problems
from services.pricing.domain.refusing import refuse
from services.pricing.store import books, drafts, items, rates
from services.pricing.tables import (
    ItemRow,
    PriceBookVersionRow,
    PriceDraftChangeRow,
    PriceDraftEditRow,
    PriceDraftRow,
)

_STANDS: Final = re.compile(r"(price_book\.\w+\[\d+\])(?:\.(.*))?")
_ITEM_OF_NAME: Final = re.compile(r"[^@;]*")
_OF_A_PART: Final = "PRICING_BOOK_EMPTY"


class Wanted(NamedTuple):
    """One edit: what to make of a rule; None: remove it.

    Attributes:
        at: where it stands in the request or the file.
    """

    name: RuleName
    after: Plain | None
    at: str


@dataclass(slots=True)
class Opened:
    """A draft with what it stands on.

    Attributes:
        base: None: it stands on none.
        changes: of each rule the last that counts.
    """

    row: PriceDraftRow
    base: PriceBookVersionRow | None
    changes: dict[RuleName, PriceDraftChangeRow]
    editors: set[str]

    @property
    def draft(self) -> Draft:
        """What decides about it."""
        return draft_from_row(self.row, self.editors, list(self.changes.values()))

    @property
    def real_changes(self) -> list[Change]:
        """What it changes, without what was put back as it was."""
        found = map(change_of, self.changes.values())
        changed = [change for change in found if change.before != change.after]
        return sorted(changed, key=lambda change: change.name.in_order)

    @property
    def content_hash(self) -> str:
        """What names its content."""
        return hash_of(self.base.content_hash if self.base else "", self.real_changes)

    async def rules(self, item_codes: Collection[str], rate_ids: Collection[str] = ()) -> BaseRules:
        """What the base says: of the rates, only those of some items or ids."""
        if self.base is None:
            return BaseRules({}, {})
        session = current_session()
        found = rules_of_rows(self.base, await books.rules(session, self.base))
        numbers: dict[RuleName, int] = {}
        for row in await rates.rates_of(session, self.base, item_codes, rate_ids):
            name, said = rate_of_row(row, self.base.currency)
            found[name] = said
            numbers[name] = row.rate_number
        return BaseRules(found, numbers)


class BaseRules(NamedTuple):
    """Rules of a version, and the numbers of its rates."""

    rules: Mapping[RuleName, Plain]
    numbers: Mapping[RuleName, int]


async def open_draft(draft_id: str, *, to_change: bool = False) -> Opened:
    """Take up a draft; who wants to change it waits for others who do.

    Raises:
        NotFound: ``PRICING_DRAFT_UNKNOWN``.
    """
    session = current_session()
    return await opened(await drafts.draft(session, draft_id, to_change=to_change))


async def opened(row: PriceDraftRow) -> Opened:
    """A draft with what it stands on."""
    session = current_session()
    base = None
    if row.base_price_book_code is not None and row.base_version is not None:
        base = await books.version(session, row.base_price_book_code, row.base_version)
    found = {change_of(each).name: each for each in await drafts.changes(session, row.draft_id)}
    return Opened(row, base, found, await drafts.editors(session, row.draft_id))


async def edit(
    opened: Opened,
    wanted: Sequence[Wanted],
    origin: str,
    now: datetime,
    beyond_band: Collection[RuleName] = (),
) -> int:
    """Append an edit; its number.

    Raises:
        InvalidArgument: all that is wrong, each at its place.
    """
    base = await check(opened, wanted)
    session, row = current_session(), opened.row
    number = await drafts.next_edit_number(session, row.draft_id)
    made = PriceDraftEditRow(
        draft_id=row.draft_id,
        edit_number=number,
        edit_state="done",
        origin=origin,
        edited_at=now,
        edited_by_person_id=current_actor().person_id,
    )
    changes = [
        PriceDraftChangeRow(
            draft_id=row.draft_id,
            edit_number=number,
            change_number=position,
            rule_kind=one.name.kind,
            rule_code=one.name.code,
            before=base.rules.get(one.name),
            after=one.after,
            rate_number=base.numbers.get(one.name),
            beyond_band=one.name in beyond_band,
        )
        for position, one in enumerate(wanted)
    ]
    await drafts.edit(session, made, changes)
    row.revision += 1
    await session.flush()
    return number


async def check(opened: Opened, wanted: Sequence[Wanted]) -> BaseRules:
    """See whether edits can be made; what the base says of the rules that they touch.

    Raises:
        InvalidArgument: all that is wrong, each at its place.
    """
    tried = await tried_out(opened, wanted)
    refuse(tried.problems)
    return tried.base


class Tried(NamedTuple):
    """What edits would come to: what the base says, and the draft as it is, as far as they
    touch it; and what is wrong with the rules that they touch, alone and beside the others."""

    base: BaseRules
    before: Mapping[RuleName, Plain]
    problems: list[InvalidArgument]


async def tried_out(opened: Opened, wanted: Sequence[Wanted]) -> Tried:
    """Try edits without making them."""
    base = await opened.rules(*_needed(wanted, opened.changes))
    before = applied(base.rules, map(change_of, opened.changes.values()))
    problems = list(_naming_problems(wanted, before))
    if not problems:
        after = applied(before, [Change(one.name, None, one.after) for one in wanted])
        problems = await problems_of(opened, after, {one.name: one.at for one in wanted})
    return Tried(base, before, problems)


def _needed(
    wanted: Iterable[Wanted], changes: Mapping[RuleName, PriceDraftChangeRow]
) -> tuple[set[str], set[str]]:
    """The items whose rates an edit is looked at beside, and the ids of rates that it names."""
    of_items, ids = set[str](), set[str]()
    for name, after, _ in wanted:
        if name.kind is not RuleKind.RATE:
            continue
        ids.add(name.code)
        known = after or (changes[name].after if name in changes else None)
        found = _ITEM_OF_NAME.match(name.code)
        of_items.add((known or {}).get("item_code", found[0] if found else ""))
    return of_items, ids


def _naming_problems(
    wanted: Iterable[Wanted], before: Mapping[RuleName, Plain]
) -> Iterator[InvalidArgument]:
    seen = set[RuleName]()
    for name, after, at in wanted:
        if name in seen:
            yield InvalidArgument(
                "PRICING_RULE_REPEATED", f"{name.kind} {name.code!r} is named twice", field=at
            )
        seen.add(name)
        if after is None and name not in before:
            yield InvalidArgument(
                "PRICING_RULE_UNKNOWN", f"there is no {name.kind} {name.code!r}", field=at
            )
        if after is None and name == HEAD:
            yield InvalidArgument(
                "PRICING_RULE_UNKNOWN", "the head of a book cannot be removed", field=at
            )


async def problems_of(
    opened: Opened, rules: Mapping[RuleName, Plain], places: Mapping[RuleName, str]
) -> list[InvalidArgument]:
    """What is wrong with rules of a draft, as far as it lies in those that have a place.

    Args:
        rules: all but the rates, and the rates of every item that is touched.
        places: what a rule is called in the request; an empty mapping: all, by their names.
    """
    # Rules that are touched come last, so that of two that overlap the touched one is at fault.
    in_order = dict(sorted(rules.items(), key=lambda each: each[0] in places))
    said = listed(opened.row.price_book_code, in_order)
    known = await items.by_code(current_session(), item_codes(said.message))
    return [
        located
        for problem in (*_found(said, known), *await _order_problems(opened, rules, places))
        if problem.reason != _OF_A_PART and (located := _located(problem, said, places))
    ]


def _found(said: Listed, known: Mapping[str, ItemRow]) -> Iterator[InvalidArgument]:
    try:
        content = content_from_proto(said.message, known.values())
    except InvalidArgument as unreadable:
        yield unreadable
        return
    yield from problems(content, known)
    for number, rate in enumerate(said.message.rates):
        if rate.item_code in known and known[rate.item_code].retired_at is not None:
            yield InvalidArgument(
                "PRICING_ITEM_RETIRED",
                f"{rate.item_code!r} is retired; restore it or leave it out",
                field=f"price_book.rates[{number}].item_code",
            )


async def _order_problems(
    opened: Opened, rules: Mapping[RuleName, Plain], places: Mapping[RuleName, str]
) -> Sequence[InvalidArgument]:
    """What a changed order of decision leaves out of what the untouched rates depend on."""
    if opened.base is None or (HEAD not in places and places):
        return ()
    used = await rates.dimensions_used(current_session(), opened.base)
    named = {_DIMENSION_OF.get(name, name) for name in used}
    order = rules[HEAD].get("resolution_order", ())
    missing = [each for each in DIMENSIONS if each in named and each not in order]
    if not missing:
        return ()
    return [
        InvalidArgument(
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            f"rates depend on {', '.join(missing)} too; say where in the order of decision",
            field="price_book.resolution_order",
        )
    ]


_DIMENSION_OF: Final = {
    "first_day": "days", "last_day": "days", "from_time": "hours", "until_time": "hours",
}  # fmt: skip


def _located(
    problem: InvalidArgument, said: Listed, places: Mapping[RuleName, str]
) -> InvalidArgument | None:
    """A problem at the place of its rule; None when it lies in none that has a place."""
    found = _STANDS.match(problem.field)
    name = said.stands[found[1]] if found and found[1] in said.stands else HEAD
    inside = found[2] if found and found[1] in said.stands else problem.field.partition(".")[2]
    if places and name not in places:
        return None
    at = places.get(name) or f"{name.kind} {name.code}".strip()
    path = f"{at}.{inside}" if inside else at
    return InvalidArgument(problem.reason, problem.message, field=path, details=problem.details)
