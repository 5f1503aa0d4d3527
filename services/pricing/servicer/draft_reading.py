"""Drafts: one with a page of its rules, and lists of them."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import encode_page_token, page_info, page_size
from protos.common.v1 import page_pb2
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import draft_pb2 as pb
from services.pricing.convert.drafts import (
    KINDS,
    OUTCOMES,
    STATES,
    draft_to_proto,
    name_to_proto,
    plain_to_rule,
    rate_of_row,
)
from services.pricing.domain.comparison import Change, RuleKind
from services.pricing.servicer.base import KEEPS_PRICES, Context, page_start, sees_settlement
from services.pricing.servicer.draft_base import DraftRpcs, told
from services.pricing.servicer.editing import Opened, open_draft
from services.pricing.store import drafts, rates

#: Before the number of a base's rate in a page token; before that stand the other rules.
_RATES = "rate "


class DraftReadingRpcs(DraftRpcs):
    """Drafts as people look at them."""

    async def GetPriceDraft(
        self, request: pb.GetPriceDraftRequest, context: Context
    ) -> pb.PriceDraftContent:
        found = await open_draft(request.draft_id)
        await self._delegations(found)
        size, start = page_size(request.page), page_start(request.page)
        rules: list[pb.PriceDraftRule] = []
        token = ""
        if not start.startswith(_RATES):
            others, first = await _but_unchanged_rates(found, request), _number(start)
            rules = others[first : first + size]
            start = token = _RATES if first + size >= len(others) else str(first + size)
        if start.startswith(_RATES):
            after = _number(start.removeprefix(_RATES))
            more, token = await _unchanged_rates(found, request, after, size - len(rules))
            rules += more
        page = page_pb2.PageInfo(next_page_token=encode_page_token(token) if token else "")
        return pb.PriceDraftContent(draft=await told(found), rules=rules, page=page)

    async def ListPriceDrafts(
        self, request: pb.ListPriceDraftsRequest, context: Context
    ) -> pb.ListPriceDraftsResponse:
        actor, size = current_actor(), page_size(request.page)
        if request.created_by_person_id != actor.person_id:
            actor.require_role(*KEEPS_PRICES)
        state = next((s for s, number in STATES.items() if number == request.state), "")
        wanted = drafts.WantedDrafts(request.price_book_code, state, request.created_by_person_id)
        rows = await drafts.page(current_session(), wanted, page_start(request.page), size + 1)
        return pb.ListPriceDraftsResponse(
            drafts=[draft_to_proto(row) for row in rows[:size]],
            page=page_info([row.draft_id for row in rows], size),
        )


async def _but_unchanged_rates(
    found: Opened, request: pb.GetPriceDraftRequest
) -> list[pb.PriceDraftRule]:
    """What the draft changes, then what it leaves of the head and the rules that are no rates."""
    changed = [
        (change, found.changes[change.name])
        for change in found.real_changes
        if _is_wanted(change, request)
    ]
    rules = [
        _to_proto(change, OUTCOMES[change.outcome], row.edit_number, beyond_band=row.beyond_band)
        for change, row in changed
    ]
    if request.changes_only:
        return rules
    names = {change.name for change in found.real_changes}
    rules_of_base = (await found.rules(())).rules
    kept = {**rules_of_base, **{name: row.after for name, row in found.changes.items()}}
    same = [
        Change(name, said, said)
        for name, said in sorted(kept.items(), key=lambda each: each[0].in_order)
        if name not in names and said is not None
    ]
    return rules + [
        _to_proto(change, book_pb2.PRICE_RULE_CHANGE_UNCHANGED)
        for change in same
        if _is_wanted(change, request)
    ]


async def _unchanged_rates(
    found: Opened, request: pb.GetPriceDraftRequest, after: int, room: int
) -> tuple[list[pb.PriceDraftRule], str]:
    """The base's rates that the draft does not touch, as many as there is room for; and where they
    go on, empty: nowhere."""
    rates_wanted = request.kind in (book_pb2.PRICE_RULE_KIND_UNSPECIFIED, KINDS[RuleKind.RATE])
    if found.base is None or request.changes_only or not rates_wanted:
        return [], ""
    touched = [row.rate_number for row in found.changes.values() if row.rate_number is not None]
    wanted = rates.WantedRates(
        {"item_code": request.item_code, "place_code": request.place_code}, except_numbers=touched
    )
    rows = await rates.some_rates(current_session(), found.base, wanted, after, room + 1)
    shown = [rate_of_row(row, found.base.currency) for row in rows[:room]]
    rules = [
        _to_proto(Change(name, said, said), book_pb2.PRICE_RULE_CHANGE_UNCHANGED)
        for name, said in shown
    ]
    if len(rows) <= room:
        return rules, ""
    return rules, f"{_RATES}{rows[room - 1].rate_number if room else after}"


def _is_wanted(change: Change, request: pb.GetPriceDraftRequest) -> bool:
    return (
        request.kind in (book_pb2.PRICE_RULE_KIND_UNSPECIFIED, KINDS[change.name.kind])
        and (
            not request.item_code
            or change.touches("item_code", request.item_code)
            or change.touches("item_codes", request.item_code)
        )
        and (not request.place_code or change.touches("place_code", request.place_code))
    )


def _to_proto(
    change: Change,
    outcome: book_pb2.PriceRuleChange.ValueType,
    edit_number: int = 0,
    *,
    beyond_band: bool = False,
) -> pb.PriceDraftRule:
    sees = sees_settlement()
    same = change.before == change.after
    return pb.PriceDraftRule(
        change=outcome,
        name=name_to_proto(change.name),
        rule=plain_to_rule(change.name, change.after, with_settlement=sees),
        before=None if same else plain_to_rule(change.name, change.before, with_settlement=sees),
        edit_number=edit_number,
        beyond_band=beyond_band,
    )


def _number(token: str) -> int:
    if token and not token.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token or 0)
