"""Drafts of price books, between messages, rows and the plain rules that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.pricing.v1 import book_pb2, draft_pb2
from services.pricing.convert.books import RULES, plain, rate_to_proto, without_settlement
from services.pricing.convert.conditions import Placed, conditions_from_proto
from services.pricing.domain.book import name_rate
from services.pricing.domain.comparison import (
    HEAD,
    Change,
    Outcome,
    Plain,
    RuleKind,
    RuleName,
    fields_of,
    percent,
)
from services.pricing.domain.conditions import ALWAYS, Conditions
from services.pricing.domain.drafts import Base, Draft, DraftState
from services.pricing.tables import (
    PriceBookVersionRow,
    PriceDraftChangeRow,
    PriceDraftEditRow,
    PriceDraftRow,
    PriceRuleRow,
    RateRow,
)

KINDS: Final = {
    kind: book_pb2.PriceRuleKind.Value(f"PRICE_RULE_KIND_{kind.upper()}") for kind in RuleKind
}
_KIND_OF_NUMBER: Final = {number: kind for kind, number in KINDS.items()}
STATES: Final = {
    state: draft_pb2.PriceDraftState.Value(f"PRICE_DRAFT_STATE_{state.upper()}")
    for state in DraftState
}
_EDIT_STATES: Final = {
    state: draft_pb2.PriceDraftEditState.Value(f"PRICE_DRAFT_EDIT_STATE_{state.upper()}")
    for state in ("done", "undone", "dropped")
}
OUTCOMES: Final = {
    outcome: book_pb2.PriceRuleChange.Value(f"PRICE_RULE_CHANGE_{outcome.upper()}")
    for outcome in Outcome
}
#: Where each kind of rule is listed in a version.
LISTED: Final = {RuleKind.RATE: "rates"} | {RuleKind(kind): said[0] for kind, said in RULES.items()}
_CODES: Final = {RuleKind.RATE: "rate_id"} | {
    RuleKind(kind): said[1] for kind, said in RULES.items()
}


def kind_of(number: book_pb2.PriceRuleKind.ValueType) -> RuleKind | None:
    """A kind of rule; None: any."""
    return _KIND_OF_NUMBER.get(number)


def name_from_proto(message: book_pb2.PriceRuleName, at: str) -> RuleName:
    """A rule's name.

    Raises:
        InvalidArgument: ``PRICING_RULE_KIND_MISSING``.
    """
    kind = kind_of(message.kind)
    if kind is None:
        raise InvalidArgument(
            "PRICING_RULE_KIND_MISSING", "say what kind of rule it is", field=f"{at}.kind"
        )
    return RuleName(kind, message.code)


def name_to_proto(name: RuleName) -> book_pb2.PriceRuleName:
    """A rule's name on the wire."""
    return book_pb2.PriceRuleName(kind=KINDS[name.kind], code=name.code)


def rule_to_plain(message: book_pb2.PriceRule, at: str) -> tuple[RuleName, Plain]:
    """A rule in the one way in which it is kept, with its name.

    Args:
        at: where it stands in the request.

    Raises:
        InvalidArgument: ``PRICING_RULE_KIND_MISSING`` or ``PRICING_CONDITION_INVALID``.
    """
    which = message.WhichOneof("rule")
    if which is None:
        raise InvalidArgument("PRICING_RULE_KIND_MISSING", "say which rule it is", field=at)
    said: Message = type(getattr(message, which))()
    said.CopyFrom(getattr(message, which))
    kind, conditions = RuleKind(which), ALWAYS
    if hasattr(said, "conditions"):
        said.conditions.weekdays[:] = sorted(said.conditions.weekdays)
        if not said.conditions.ByteSize():
            said.ClearField("conditions")
        conditions = conditions_from_proto(cast(Placed, said), f"{at}.{which}")
    if kind is RuleKind.HEAD:
        return HEAD, plain(said)
    if kind is RuleKind.RATE:
        _settle_rate(cast(book_pb2.Rate, said), conditions)
    return RuleName(kind, getattr(said, _CODES[kind])), plain(said)


def own_rate_id(said: Plain) -> str:
    """What a rate is called, unless that only says its conditions."""
    rate = book_pb2.Rate()
    json_format.ParseDict(dict(said), rate)
    name = name_rate(rate.item_code, conditions_from_proto(rate, "rate"))
    return "" if rate.rate_id == name else rate.rate_id


def _settle_rate(rate: book_pb2.Rate, conditions: Conditions) -> None:
    if not rate.charge.ByteSize():
        rate.ClearField("charge")
    if rate.charge.HasField("percent_of_parts"):
        currency = rate.list_price.currency or rate.settlement_price.currency
        for side in (rate.list_price, rate.settlement_price):
            side.currency = side.currency or currency
    rate.rate_id = rate.rate_id or name_rate(rate.item_code, conditions)


def plain_to_rule(
    name: RuleName, said: Plain | None, *, with_settlement: bool = True
) -> book_pb2.PriceRule | None:
    """A rule on the wire; None where there is none."""
    if said is None:
        return None
    rule = book_pb2.PriceRule()
    json_format.ParseDict({name.kind.value: said}, rule)
    if not with_settlement:
        book = book_pb2.PriceBookVersion()
        if rule.HasField("rate"):
            book.rates.append(rule.rate)
            without_settlement(book)
            rule.rate.CopyFrom(book.rates[0])
        elif rule.HasField("modifier"):
            book.modifiers.append(rule.modifier)
            without_settlement(book)
            rule.modifier.CopyFrom(book.modifiers[0])
    return rule


def rate_of_row(row: RateRow, currency: str) -> tuple[RuleName, Plain]:
    """A kept rate, plain, with its name."""
    message = book_pb2.PriceRule(rate=rate_to_proto(row, currency))
    return rule_to_plain(message, "rate")


def rules_of_rows(
    version: PriceBookVersionRow, rules: Iterable[PriceRuleRow]
) -> dict[RuleName, Plain]:
    """The head and all rules of a version but its rates, plain."""
    head = book_pb2.PriceBookHead(
        currency=version.currency,
        resolution_order=version.resolution_order,
        phases=version.phases,
        rounding=book_pb2.Rounding.Value(f"ROUNDING_{version.rounding.upper()}"),
    )
    found: dict[RuleName, Plain] = {HEAD: plain(head)}
    for row in sorted(rules, key=lambda rule: rule.rule_number):
        found[RuleName(RuleKind(row.rule_kind), row.rule_code)] = row.definition
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """Rules as a version lists them, and where each of them stands in it."""

    message: book_pb2.PriceBookVersion
    stands: Mapping[str, RuleName] = field(default_factory=dict)


def listed(price_book_code: str, rules: Mapping[RuleName, Plain]) -> Listed:
    """Rules as the version that they would be."""
    message = book_pb2.PriceBookVersion(price_book_code=price_book_code)
    stands: dict[str, RuleName] = {}
    for name, said in rules.items():
        if name == HEAD:
            json_format.ParseDict(dict(said), message)
            continue
        into = getattr(message, LISTED[name.kind])
        stands[f"price_book.{LISTED[name.kind]}[{len(into)}]"] = name
        json_format.ParseDict(dict(said), into.add())
    return Listed(message, stands)


def change_of(row: PriceDraftChangeRow) -> Change:
    """What a draft does to a rule."""
    return Change(RuleName(RuleKind(row.rule_kind), row.rule_code), row.before, row.after)


def draft_from_row(
    row: PriceDraftRow, editors: Iterable[str], changes: Sequence[PriceDraftChangeRow]
) -> Draft:
    """What decides about a draft."""
    base = (
        None
        if row.base_price_book_code is None or row.base_version is None
        else Base(row.base_price_book_code, row.base_version)
    )
    authors = {row.created_by_person_id, row.submitted_by_person_id, *editors} - {""}
    return Draft(
        row.draft_id,
        row.price_book_code,
        DraftState(row.draft_state),
        row.revision,
        base,
        frozenset(authors),
        row.approved_hash,
        any(change.beyond_band for change in changes),
    )


def draft_to_proto(row: PriceDraftRow) -> draft_pb2.PriceDraft:
    """A draft on the wire, without what is computed of its edits."""
    return draft_pb2.PriceDraft(
        draft_id=row.draft_id,
        price_book_code=row.price_book_code,
        title=row.title,
        base_price_book_code=row.base_price_book_code or "",
        base_version=row.base_version or 0,
        state=STATES[DraftState(row.draft_state)],
        revision=row.revision,
        created_at=instant_to_proto(row.created_at),
        created_by_person_id=row.created_by_person_id,
        submitted_at=instant_to_proto(row.submitted_at),
        submitted_by_person_id=row.submitted_by_person_id,
        reviewed_at=instant_to_proto(row.reviewed_at),
        reviewed_by_person_id=row.reviewed_by_person_id,
        review_comment=row.review_comment,
        published_version=row.published_version or 0,
    )


def edit_to_proto(row: PriceDraftEditRow, rules: int) -> draft_pb2.PriceDraftEdit:
    """An edit on the wire."""
    return draft_pb2.PriceDraftEdit(
        edit_number=row.edit_number,
        state=_EDIT_STATES[row.edit_state],
        origin=row.origin,
        edited_at=instant_to_proto(row.edited_at),
        edited_by_person_id=row.edited_by_person_id,
        rules=rules,
    )


def difference_to_proto(change: Change, *, with_settlement: bool) -> book_pb2.PriceRuleDifference:
    """A rule that differs, field by field; settlement prices only for those who may see them."""
    if not with_settlement:
        change = Change(
            change.name, *(_public(change.name, s) for s in (change.before, change.after))
        )
    return book_pb2.PriceRuleDifference(
        name=name_to_proto(change.name),
        change=OUTCOMES[change.outcome],
        fields=[
            book_pb2.PriceRuleFieldChange(field=each.field, before=each.before, after=each.after)
            for each in fields_of(change)
        ],
        list_price_percent=percent(change, "list_price"),
        settlement_price_percent=percent(change, "settlement_price"),
    )


def _public(name: RuleName, said: Plain | None) -> Plain | None:
    rule = plain_to_rule(name, said, with_settlement=False)
    return None if rule is None else plain(getattr(rule, name.kind))
