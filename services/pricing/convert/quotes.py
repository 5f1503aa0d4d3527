"""Quotes, between messages, rows and decisions; and who sees which part of one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.clock import SHANGHAI
from kit.national_days import day_kind
from kit.rpc.convert import instant_from_proto, money_to_proto
from protos.common.v1 import money_pb2, place_pb2
from protos.pricing.v1 import book_pb2 as pb_book
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.conditions import time_of
from services.pricing.convert.items import CATALOGUES
from services.pricing.domain.book import Side, months_open
from services.pricing.domain.conditions import Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.phrases import Language
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import EVALUATOR_VERSION, Question, Quoted
from services.pricing.domain.steps import Rejected, Step, missed_promotions, rejected, steps
from services.pricing.domain.taxes import ExchangeRate, Tax
from services.pricing.domain.wording import Words
from services.pricing.tables import QuoteRow

_DEFAULT_BOOK: Final = "standard"


class Asked(NamedTuple):
    """When and where a quote is asked, and of which book.

    Attributes:
        at: the instant whose prices apply.
        known_at: up to when what was published counts.
        places: zones, which are finer, before the path of adcodes.
    """

    price_book_code: str
    at: datetime
    known_at: datetime
    places: tuple[str, ...]


def asked_of(facts: pb.QuoteFacts, now: datetime) -> Asked:
    """Read off the facts what every part of a quote needs; what they leave to us is the standard book,
    now."""
    at = known_at = now
    if facts.HasField("priced_at"):
        at = instant_from_proto(facts.priced_at, "facts.priced_at")
    if facts.HasField("known_at"):
        known_at = instant_from_proto(facts.known_at, "facts.known_at")
    code = facts.price_book_code or _DEFAULT_BOOK
    return Asked(code, at, known_at, places_of(facts.place))


def settle(facts: pb.QuoteFacts, asked: Asked) -> None:
    """Say in the facts everything that they left to us: the book, the instants, one of each item."""
    facts.price_book_code = asked.price_book_code
    facts.priced_at.CopyFrom(_on_the_wire(asked.at))
    facts.known_at.CopyFrom(_on_the_wire(asked.known_at))
    for line in facts.lines:
        if not line.quantity:
            line.quantity = 1


@lru_cache(maxsize=8)
def _on_the_wire(instant: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def lines_from_proto(facts: pb.QuoteFacts) -> list[Line]:
    """The lines asked."""
    return [
        Line(
            line.item_code,
            line.quantity or 1,
            tuple(line.modifier_codes),
            {each.measure: each.measured for each in line.measures} or None,
            {each.modifier_code: each.ratio for each in line.ratios} or None,
            line.stock_state,
        )
        for line in facts.lines
    ]


def inputs_of(facts: pb.QuoteFacts, asked: Asked, book: PriceBook) -> pb.QuoteInputs:
    """What a quote is computed from beside its facts."""
    day, time, kind = _calendar(asked.at.replace(second=0, microsecond=0))
    inputs = pb.QuoteInputs(day=day, time=time, day_kind=facts.day_kind or kind)
    if book.head.openings:
        opened = months_open(book.head.openings, asked.places, date.fromisoformat(day))
        inputs.months_open = opened or 0
    return inputs


@lru_cache(maxsize=1_024)
def _calendar(minute: datetime) -> tuple[str, str, str]:
    """The day and the time in Asia/Shanghai, and the kind of day."""
    there = minute.astimezone(SHANGHAI)
    return (
        there.date().isoformat(),
        time_of(there.hour * 60 + there.minute),
        day_kind(there.date()),
    )


@lru_cache(maxsize=1_024)
def _day_and_minute(day: str, time: str) -> tuple[int, int]:
    """As a `Situation` has them."""
    hour, _, minute = time.partition(":")
    return date.fromisoformat(day).toordinal(), int(hour) * 60 + int(minute)


def set_exchange_rate(inputs: pb.QuoteInputs, rate: ExchangeRate) -> None:
    """Have a quote computed at an exchange rate."""
    inputs.exchange_rate_id = rate.exchange_rate_id
    inputs.exchange_from_currency = rate.from_currency
    inputs.exchange_ratio = rate.ratio
    inputs.exchange_valid_from.FromDatetime(rate.valid_from)


def question_from_proto(
    facts: pb.QuoteFacts, inputs: pb.QuoteInputs, places: tuple[str, ...] | None = None
) -> Question:
    """What is asked of a book; a place without its path of adcodes is no place.

    Args:
        places: as they were read off the facts before; None: not yet.
    """
    rate = None
    if inputs.exchange_rate_id:
        rate = ExchangeRate(
            inputs.exchange_rate_id,
            inputs.exchange_from_currency,
            facts.currency,
            inputs.exchange_ratio,
            instant_from_proto(inputs.exchange_valid_from, "inputs.exchange_valid_from"),
        )
    return Question(
        lines=lines_from_proto(facts),
        situation=situation_from_proto(facts, inputs, places),
        coupon_promotions=tuple(inputs.coupon_promotion_codes),
        payee_kind=facts.payee_kind,
        exchange_rate=rate,
    )


def situation_from_proto(
    facts: pb.QuoteFacts, inputs: pb.QuoteInputs, places: tuple[str, ...] | None = None
) -> Situation:
    """Where, when and for whom.

    Args:
        places: as they were read off the facts before; None: not yet.
    """
    day, minute = _day_and_minute(inputs.day, inputs.time)
    place = facts.place
    return Situation(
        city_tier=place.city_tier,
        cooperation_mode=facts.cooperation_mode,
        customer_level=facts.customer_level,
        customer_type=facts.customer_type,
        sales_channel=facts.sales_channel,
        outlet_id=facts.outlet_id,
        urgency=facts.urgency,
        day_kind=inputs.day_kind,
        price_mode=inputs.price_mode,
        places=places_of(place) if places is None else places,
        day=day,
        minute=minute,
        floor=facts.floor if facts.HasField("floor") else None,
        months_open=inputs.months_open or None,
        frozen_places=frozenset(inputs.frozen_place_codes),
    )


def places_of(place: place_pb2.Place) -> tuple[str, ...]:
    """Zones, which are finer, before the path; nothing when the path is not the place's own."""
    path = tuple(place.adcode_path)
    if not place.adcode or path[:1] != (place.adcode,):
        return ()
    return tuple(dict.fromkeys(filter(None, (*place.zone_codes, *path))))


def quoted_to_proto(
    quoted: Quoted,
    facts: pb.QuoteFacts,
    inputs: pb.QuoteInputs,
    book: PriceBook,
    *,
    quoted_at: datetime,
    quote_id: str = "",
    case_id: str = "",
    language: Language = "zh",
    situation: Situation | None = None,
) -> pb.QuoteResult:
    """A quote on the wire, every view of it, with its explanations in a language.

    Args:
        situation: as it was read off the facts before; None: not yet.
    """
    situation = situation or situation_from_proto(facts, inputs)
    return pb.QuoteResult(
        quote_id=quote_id,
        case_id=case_id,
        facts=facts,
        inputs=inputs,
        lines=[
            _line_to_proto(book, quoted, number, situation, language)
            for number in range(len(quoted.lines))
        ],
        taxes=[each for tax in quoted.taxes for each in _tax_to_proto(tax, quoted, book, language)],
        missed_promotions=_rejected_to_proto(missed_promotions(quoted, language)),
        total=_money(quoted.total, quoted.currency),
        settlement_total=_money(quoted.settlement_total, quoted.currency),
        margin=_money(quoted.total - quoted.settlement_total, quoted.currency),
        price_book_code=book.head.price_book_code,
        price_book_version=book.version,
        price_book_hash=book.content_hash,
        quoted_at=_on_the_wire(quoted_at),
        evaluator_version=EVALUATOR_VERSION,
    )


def say_amounts(
    result: pb.QuoteResult,
    quoted: Quoted,
    book: PriceBook,
    shown: Collection[str],
    *,
    quoted_at: datetime,
) -> None:
    """Say of a quote the amounts alone that are shown: no facts, steps, taxes or rejected rules.

    Message by message, since thousands of them are said in a breath.
    """
    currency = quoted.currency
    with_list, with_settlement = "list" in shown, "settlement" in shown
    for number, line in enumerate(quoted.lines, start=1):
        said = result.lines.add(
            line_number=number, item_code=line.item.item_code, quantity=line.line.quantity
        )
        if with_list:
            _say_money(said.amount, line.amounts.list_price, currency)
        if with_settlement:
            _say_money(said.settlement_amount, line.amounts.settlement_price, currency)
    if with_list:
        _say_money(result.total, quoted.total, currency)
    if with_settlement:
        _say_money(result.settlement_total, quoted.settlement_total, currency)
    if "margin" in shown:
        _say_money(result.margin, quoted.total - quoted.settlement_total, currency)
    result.price_book_code = book.head.price_book_code
    result.price_book_version = book.version
    result.quoted_at.CopyFrom(_on_the_wire(quoted_at))
    result.evaluator_version = EVALUATOR_VERSION


def _say_money(message: money_pb2.Money, minor: int, currency: str) -> None:
    message.currency = currency
    message.amount_minor = minor


def _line_to_proto(
    book: PriceBook, quoted: Quoted, number: int, situation: Situation, language: Language
) -> pb.QuoteLine:
    line, currency = quoted.lines[number], quoted.currency
    return pb.QuoteLine(
        line_number=number + 1,
        item_code=line.item.item_code,
        item_name=line.item.name,
        catalogue=CATALOGUES[line.item.catalogue],
        quantity=line.line.quantity,
        amount=_money(line.amounts.list_price, currency),
        steps=_steps_to_proto(steps(book, quoted, number, Side.LIST, language)),
        settlement_amount=_money(line.amounts.settlement_price, currency),
        settlement_steps=_steps_to_proto(steps(book, quoted, number, Side.SETTLEMENT, language)),
        rejected=_rejected_to_proto(rejected(book, line, situation, language)),
    )


def _steps_to_proto(said: Iterable[Step]) -> list[pb.QuoteStep]:
    return [
        pb.QuoteStep(
            phase=step.phase,
            rule_id=step.rule_id,
            label=step.label,
            amount_before=money_to_proto(step.before),
            amount_after=money_to_proto(step.after),
            explanation=step.explanation,
            rounding=step.rounding or "",
        )
        for step in said
    ]


def _rejected_to_proto(said: Iterable[Rejected]) -> list[pb.QuoteRejected]:
    return [
        pb.QuoteRejected(
            rule_id=rule_id, reason=reason, why=why, dimension=dimension, wanted=wanted
        )
        for rule_id, reason, why, dimension, wanted in said
    ]


def _tax_to_proto(
    tax: Tax, quoted: Quoted, book: PriceBook, language: Language
) -> Iterable[pb.QuoteTax]:
    """The tax, and what of it is paid back as an amount of its own."""
    rule, currency = tax.rule, quoted.currency
    words = Words(language, currency, book.head.rounding, 0)
    side = pb_book.SIDE_LIST if rule.side is Side.LIST else pb_book.SIDE_SETTLEMENT
    taxed = _money(tax.taxed, currency)
    yield pb.QuoteTax(
        tax_code=rule.tax_code,
        label=rule.label,
        side=side,
        line_number=tax.line + 1,
        taxed=taxed,
        amount=_money(tax.amount, currency),
        included=rule.inclusive,
        explanation=words.tax(tax),
    )
    if tax.refund:
        yield pb.QuoteTax(
            tax_code=rule.tax_code,
            label=words.refund_label(tax),
            side=side,
            line_number=tax.line + 1,
            taxed=taxed,
            amount=_money(tax.refund, currency),
            explanation=words.refund(tax),
        )


def _money(minor: int, currency: str) -> money_pb2.Money:
    return money_pb2.Money(currency=currency, amount_minor=minor)


def result_to_row(result: pb.QuoteResult, by_person_id: str) -> QuoteRow:
    """A quote as it will be kept."""
    return QuoteRow(
        quote_id=result.quote_id,
        case_id=result.case_id,
        price_book_code=result.price_book_code,
        price_book_version=result.price_book_version,
        evaluator_version=result.evaluator_version,
        currency=result.total.currency,
        total_minor=result.total.amount_minor,
        settlement_total_minor=result.settlement_total.amount_minor,
        facts=canonical(result.facts),
        result=canonical(result),
        quoted_at=instant_from_proto(result.quoted_at),
        quoted_by_person_id=by_person_id,
    )


def result_from_row(row: QuoteRow) -> pb.QuoteResult:
    """A stored quote, every view of it."""
    return json_format.Parse(row.result, pb.QuoteResult())


def canonical(message: Message) -> str:
    """The one JSON text of a message."""
    plain = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
