"""Quotes, between messages, rows and decisions; and who sees which part of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.clock import SHANGHAI
from kit.national_days import day_kind
from kit.rpc.convert import instant_from_proto, instant_to_proto, money_to_proto
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


def settled_facts(facts: pb.QuoteFacts, now: datetime) -> pb.QuoteFacts:
    """The facts with everything said that was left to us: the instant, the book, one of each."""
    settled = pb.QuoteFacts()
    settled.CopyFrom(facts)
    settled.price_book_code = facts.price_book_code or _DEFAULT_BOOK
    if not facts.HasField("priced_at"):
        settled.priced_at.FromDatetime(now)
    if not facts.HasField("known_at"):
        settled.known_at.FromDatetime(now)
    for line in settled.lines:
        line.quantity = line.quantity or 1
    return settled


def priced_at(facts: pb.QuoteFacts) -> datetime:
    """The instant whose prices apply."""
    return instant_from_proto(facts.priced_at, "facts.priced_at")


def known_at(facts: pb.QuoteFacts) -> datetime:
    """Up to when what was published counts."""
    return instant_from_proto(facts.known_at, "facts.known_at")


def lines_from_proto(facts: pb.QuoteFacts) -> list[Line]:
    """The lines asked."""
    return [
        Line(
            item_code=line.item_code,
            quantity=line.quantity,
            modifier_codes=tuple(line.modifier_codes),
            measures={each.measure: each.measured for each in line.measures} or None,
            ratios={each.modifier_code: each.ratio for each in line.ratios} or None,
            stock_state=line.stock_state,
        )
        for line in facts.lines
    ]


def inputs_of(facts: pb.QuoteFacts, book: PriceBook) -> pb.QuoteInputs:
    """What a quote is computed from beside its facts."""
    at = priced_at(facts).astimezone(SHANGHAI)
    opened = months_open(book.head.openings, places_of(facts.place), at.date())
    return pb.QuoteInputs(
        day=at.date().isoformat(),
        time=time_of(at.hour * 60 + at.minute),
        day_kind=facts.day_kind or day_kind(at.date()),
        months_open=opened or 0,
    )


def set_exchange_rate(inputs: pb.QuoteInputs, rate: ExchangeRate) -> None:
    """Have a quote computed at an exchange rate."""
    inputs.exchange_rate_id = rate.exchange_rate_id
    inputs.exchange_from_currency = rate.from_currency
    inputs.exchange_ratio = rate.ratio
    inputs.exchange_valid_from.FromDatetime(rate.valid_from)


def question_from_proto(facts: pb.QuoteFacts, inputs: pb.QuoteInputs) -> Question:
    """What is asked of a book; a place without its path of adcodes is no place."""
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
        situation=situation_from_proto(facts, inputs),
        coupon_promotions=tuple(inputs.coupon_promotion_codes),
        payee_kind=facts.payee_kind,
        exchange_rate=rate,
    )


def situation_from_proto(facts: pb.QuoteFacts, inputs: pb.QuoteInputs) -> Situation:
    """Where, when and for whom."""
    hour, _, minute = inputs.time.partition(":")
    return Situation(
        city_tier=facts.place.city_tier,
        cooperation_mode=facts.cooperation_mode,
        customer_level=facts.customer_level,
        customer_type=facts.customer_type,
        sales_channel=facts.sales_channel,
        outlet_id=facts.outlet_id,
        urgency=facts.urgency,
        day_kind=inputs.day_kind,
        price_mode=inputs.price_mode,
        places=places_of(facts.place),
        day=date.fromisoformat(inputs.day).toordinal(),
        minute=int(hour) * 60 + int(minute),
        floor=facts.floor if facts.HasField("floor") else None,
        months_open=inputs.months_open or None,
        frozen_places=frozenset(inputs.frozen_place_codes),
    )


def places_of(place: place_pb2.Place) -> tuple[str, ...]:
    """Zones, which are finer, before the path; nothing when the path is not the place's own."""
    if not place.adcode or list(place.adcode_path[:1]) != [place.adcode]:
        return ()
    return tuple(dict.fromkeys(filter(None, (*place.zone_codes, *place.adcode_path))))


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
) -> pb.QuoteResult:
    """A quote on the wire, every view of it, with its explanations in a language."""
    situation = situation_from_proto(facts, inputs)
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
        quoted_at=instant_to_proto(quoted_at),
        evaluator_version=EVALUATOR_VERSION,
    )


def amounts_to_proto(
    quoted: Quoted, facts: pb.QuoteFacts, book: PriceBook, *, quoted_at: datetime
) -> pb.QuoteResult:
    """The same with amounts alone: no steps, taxes or rejected rules."""
    currency = quoted.currency
    return pb.QuoteResult(
        facts=facts,
        lines=[
            pb.QuoteLine(
                line_number=number,
                item_code=line.item.item_code,
                quantity=line.line.quantity,
                amount=_money(line.amounts.list_price, currency),
                settlement_amount=_money(line.amounts.settlement_price, currency),
            )
            for number, line in enumerate(quoted.lines, start=1)
        ],
        total=_money(quoted.total, currency),
        settlement_total=_money(quoted.settlement_total, currency),
        margin=_money(quoted.total - quoted.settlement_total, currency),
        price_book_code=book.head.price_book_code,
        price_book_version=book.version,
        quoted_at=instant_to_proto(quoted_at),
        evaluator_version=EVALUATOR_VERSION,
    )


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
    return [pb.QuoteRejected(**each._asdict()) for each in said]


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
