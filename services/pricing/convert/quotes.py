"""Quotes, between messages, rows and decisions; and who sees which part of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.rpc.convert import instant_from_proto, instant_to_proto, money_to_proto
from protos.common.v1 import place_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.items import CATALOGUES
from services.pricing.domain.book import PriceBook
from services.pricing.domain.quote import EVALUATOR_VERSION, Quoted, QuotedLine, Step
from services.pricing.domain.selection import Line, Situation
from services.pricing.tables import QuoteRow

_DEFAULT_BOOK: Final = "standard"


def settled_facts(facts: pb.QuoteFacts, now: datetime) -> pb.QuoteFacts:
    """The facts with everything said that was left to us: the instant, the book, one of each."""
    settled = pb.QuoteFacts()
    settled.CopyFrom(facts)
    settled.price_book_code = facts.price_book_code or _DEFAULT_BOOK
    if not facts.HasField("priced_at"):
        settled.priced_at.FromDatetime(now)
    for line in settled.lines:
        line.quantity = line.quantity or 1
    return settled


def priced_at(facts: pb.QuoteFacts) -> datetime:
    """The instant whose prices apply."""
    return instant_from_proto(facts.priced_at, "facts.priced_at")


def lines_from_proto(facts: pb.QuoteFacts) -> list[Line]:
    """The lines asked."""
    return [Line(line.item_code, line.quantity, tuple(line.modifier_codes)) for line in facts.lines]


def situation_from_proto(facts: pb.QuoteFacts) -> Situation:
    """Where and for whom; a place without its path of adcodes is no place."""
    return Situation(
        places=_places(facts.place),
        city_tier=facts.place.city_tier,
        cooperation_mode=facts.cooperation_mode,
        customer_level=facts.customer_level,
    )


def _places(place: place_pb2.Place) -> tuple[str, ...]:
    """Zones, which are finer, before the path; nothing when the path is not the place's own."""
    if not place.adcode or list(place.adcode_path[:1]) != [place.adcode]:
        return ()
    return tuple(dict.fromkeys(filter(None, (*place.zone_codes, *place.adcode_path))))


def quoted_to_proto(
    quoted: Quoted,
    facts: pb.QuoteFacts,
    book: PriceBook,
    *,
    quoted_at: datetime,
    quote_id: str = "",
    case_id: str = "",
) -> pb.QuoteResult:
    """A quote on the wire, every view of it."""
    return pb.QuoteResult(
        quote_id=quote_id,
        case_id=case_id,
        facts=facts,
        lines=[_line_to_proto(number, line) for number, line in enumerate(quoted.lines, start=1)],
        total=money_to_proto(quoted.total),
        settlement_total=money_to_proto(quoted.settlement_total),
        price_book_code=book.content.price_book_code,
        price_book_version=book.version,
        price_book_hash=book.content_hash,
        quoted_at=instant_to_proto(quoted_at),
        evaluator_version=EVALUATOR_VERSION,
    )


def _line_to_proto(number: int, quoted: QuotedLine) -> pb.QuoteLine:
    return pb.QuoteLine(
        line_number=number,
        item_code=quoted.item.item_code,
        item_name=quoted.item.name,
        catalogue=CATALOGUES[quoted.item.catalogue],
        quantity=quoted.line.quantity,
        amount=money_to_proto(quoted.amount),
        steps=_steps_to_proto(quoted.steps),
        settlement_amount=money_to_proto(quoted.settlement_amount),
        settlement_steps=_steps_to_proto(quoted.settlement_steps),
        rejected=[
            pb.QuoteRejected(rule_id=rejected.rule_id, reason=rejected.reason)
            for rejected in quoted.rejected
        ],
    )


def _steps_to_proto(steps: Iterable[Step]) -> list[pb.QuoteStep]:
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
        for step in steps
    ]


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


def view_of(result: pb.QuoteResult, *, with_settlement: bool) -> pb.QuoteResult:
    """The quote as one may see it: without the internal view it is the customer's fee list."""
    if with_settlement:
        return result
    view = pb.QuoteResult()
    view.CopyFrom(result)
    view.ClearField("settlement_total")
    for line in view.lines:
        for internal in ("settlement_amount", "settlement_steps", "rejected"):
            line.ClearField(internal)
    return view


def without_steps(result: pb.QuoteResult) -> pb.QuoteResult:
    """The quote as a list shows it."""
    for line in result.lines:
        for detail in ("steps", "settlement_steps", "rejected"):
            line.ClearField(detail)
    return result
