"""Checks of price books and what-if, between messages and decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import money_pb2, place_pb2
from protos.pricing.v1 import pricing_pb2
from protos.pricing.v1 import review_pb2 as pb
from services.pricing.convert.conditions import time_of
from services.pricing.convert.quotes import question_from_proto, quoted_to_proto, result_from_row
from services.pricing.domain.book import BookContent
from services.pricing.domain.checks import Context, Example, Finding, Place, Severity
from services.pricing.domain.checks.findings import Side
from services.pricing.domain.conditions import DIMENSIONS, Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question
from services.pricing.domain.sample_orders import city_of
from services.pricing.domain.what_if import Change, Order, Outcome, Row, Totals
from services.pricing.tables import QuoteRow

SEVERITIES: Final[Mapping[Severity, pb.PriceFindingSeverity.ValueType]] = {
    Severity.REFUSES: pb.PRICE_FINDING_SEVERITY_REFUSES,
    Severity.ACKNOWLEDGE: pb.PRICE_FINDING_SEVERITY_ACKNOWLEDGE,
    Severity.TOLD: pb.PRICE_FINDING_SEVERITY_TOLD,
}
#: What orders are grouped by where nothing is said.
_BY_CITY: Final = "city"
_GROUPING: Final = "PRICE_CHANGE_GROUPING_"
_MOST_DAYS: Final = 3_660
_MOST_CHANGE: Final = 1_000_000
_ADCODE_DIGITS: Final = 6


def context_from_proto(
    request: pb.CheckPriceBookRequest,
    *,
    first_day: date,
    in_force: BookContent | None = None,
    retired: Collection[str] = (),
) -> Context:
    """What a book is checked against.

    Raises:
        InvalidArgument: ``PRICING_CHECK_INVALID``, naming the field.
    """
    if not 0 <= request.days <= _MOST_DAYS:
        raise _invalid("days", f"0 (366) to {_MOST_DAYS}")
    if not 0 <= request.most_change_basis_points <= _MOST_CHANGE:
        raise _invalid("most_change_basis_points", f"0 to {_MOST_CHANGE}")
    for number, dimension in enumerate(request.always_said):
        if dimension not in DIMENSIONS:
            raise _invalid(f"always_said[{number}]", f"one of {', '.join(DIMENSIONS)}")
    usual = Context(first_day.toordinal())
    said_change = request.HasField("most_change_basis_points")
    return replace(
        usual,
        days=request.days or usual.days,
        territory=territory_from_proto(request.territory),
        always_said=tuple(request.always_said) or usual.always_said,
        in_force=in_force,
        most_change=request.most_change_basis_points if said_change else usual.most_change,
        refuse_gaps=request.refuse_gaps,
        retired_item_codes=frozenset(retired),
    )


def territory_from_proto(places: Iterable[place_pb2.Place]) -> tuple[Place, ...]:
    """Where the company works."""
    return tuple(
        Place(tuple(dict.fromkeys((*place.zone_codes, *place.adcode_path))), place.city_tier)
        for place in places
    )


def finding_to_proto(
    finding: Finding, book: PriceBook, in_force: PriceBook | None, now: datetime
) -> pb.PriceFinding:
    """A finding on the wire, its example explained step by step."""
    message = pb.PriceFinding(
        code=finding.code,
        severity=SEVERITIES[finding.severity],
        message=finding.message.chinese,
        message_en=finding.message.english,
        rules=[
            pb.PriceFindingRule(
                kind=rule.kind,
                rule_id=rule.rule_id,
                field="" if rule.kind == "rate_in_force" else _field(rule.kind, rule.number),
            )
            for rule in finding.rules
        ],
        item_codes=finding.item_codes,
        count=finding.count,
        change_basis_points=finding.change,
    )
    if finding.example is not None:
        _say_example(message.example, finding.example, book, in_force, now)
    return message


def _field(kind: str, number: int) -> str:
    plural = {"tax": "taxes"}.get(kind, f"{kind}s")
    return f"price_book.{plural}[{number}]"


def _say_example(
    message: pb.PriceFindingExample,
    example: Example,
    book: PriceBook,
    in_force: PriceBook | None,
    now: datetime,
) -> None:
    facts, inputs = facts_of(example.question, book.head.price_book_code)
    message.facts.CopyFrom(facts)
    message.inputs.CopyFrom(inputs)

    def say(side: Side, of: PriceBook, result: pricing_pb2.QuoteResult) -> str:
        if side.quoted is not None:
            result.CopyFrom(quoted_to_proto(side.quoted, facts, inputs, of, quoted_at=now))
            for repeated in ("facts", "inputs"):
                result.ClearField(repeated)
        return side.refused

    message.refused_after = say(example.after, book, message.after)
    if example.before is not None and in_force is not None:
        message.refused_before = say(example.before, in_force, message.before)


def facts_of(
    question: Question, price_book_code: str
) -> tuple[pricing_pb2.QuoteFacts, pricing_pb2.QuoteInputs]:
    """A question as one would ask it by RPC."""
    at = question.situation
    clock = time(at.minute // 60, at.minute % 60)
    instant = datetime.combine(date.fromordinal(at.day), clock, SHANGHAI)
    facts = pricing_pb2.QuoteFacts(
        lines=[_line(each) for each in question.lines],
        place=_place(at),
        cooperation_mode=at.cooperation_mode,
        customer_level=at.customer_level,
        customer_type=at.customer_type,
        sales_channel=at.sales_channel,
        outlet_id=at.outlet_id,
        urgency=at.urgency,
        day_kind=at.day_kind,
        floor=at.floor,
        price_book_code=price_book_code,
        payee_kind=question.payee_kind,
        priced_at=instant_to_proto(instant),
    )
    inputs = pricing_pb2.QuoteInputs(
        day=date.fromordinal(at.day).isoformat(),
        time=time_of(at.minute),
        day_kind=at.day_kind,
        price_mode=at.price_mode,
        months_open=at.months_open or 0,
        coupon_promotion_codes=sorted(question.coupon_promotions),
    )
    if at.stock_state:
        for line in facts.lines:
            line.stock_state = line.stock_state or at.stock_state
    return facts, inputs


def _line(line: Line) -> pricing_pb2.QuoteLineRequest:
    return pricing_pb2.QuoteLineRequest(
        item_code=line.item_code,
        quantity=line.quantity,
        modifier_codes=line.modifier_codes,
        measures=[
            pricing_pb2.QuoteMeasure(measure=name, measured=measured)
            for name, measured in (line.measures or {}).items()
        ],
        ratios=[
            pricing_pb2.QuoteRatio(modifier_code=code, ratio=ratio)
            for code, ratio in (line.ratios or {}).items()
        ],
        stock_state=line.stock_state,
    )


def _place(situation: Situation) -> place_pb2.Place:
    """Zones first, then the path; a place of a code that is no adcode is its own path."""
    codes = situation.places
    at = next((n for n, code in enumerate(codes) if _is_adcode(code)), 0)
    return place_pb2.Place(
        adcode=codes[at],
        adcode_path=codes[at:],
        zone_codes=codes[:at],
        city_tier=situation.city_tier,
    )


def _is_adcode(code: str) -> bool:
    return len(code) == _ADCODE_DIGITS and code.isdecimal()


# What-if


def order_from_row(row: QuoteRow, technicians: Mapping[str, str]) -> Order:
    """An order that a quote was kept for, asked again with its facts and inputs as they were."""
    result = result_from_row(row)
    facts, inputs = result.facts, result.inputs
    asked = question_from_proto(facts, inputs)
    labels = {
        "city": city_of(asked.situation.places),
        "outlet": facts.outlet_id,
        "technician": technicians.get(row.case_id, ""),
        "customer_level": facts.customer_level,
        "cooperation_mode": facts.cooperation_mode,
        "sales_channel": facts.sales_channel,
        "item": facts.lines[0].item_code,
    }
    before = Totals(row.total_minor, row.settlement_total_minor)
    return Order(row.quote_id, labels, asked, row.currency, before)


def label_of(grouping: pb.PriceChangeGrouping.ValueType) -> str:
    """The label that a grouping means."""
    if not grouping:
        return _BY_CITY
    return pb.PriceChangeGrouping.Name(grouping).removeprefix(_GROUPING).lower()


def change_to_proto(change: Change, *, shortened: bool) -> pb.PriceChange:
    """What a draft would have changed, on the wire."""
    return pb.PriceChange(
        group_by=pb.PriceChangeGrouping.Value(f"{_GROUPING}{change.group_by.upper()}"),
        totals=[_row_to_proto(row) for row in change.totals],
        groups=[_row_to_proto(row) for row in change.groups],
        distribution=[
            pb.PriceChangeStretch(
                least_basis_points=each.least, most_basis_points=each.most, orders=each.orders
            )
            for each in change.distribution
        ],
        dearest=[_order_to_proto(each, change.group_by) for each in change.dearest],
        cheapest=[_order_to_proto(each, change.group_by) for each in change.cheapest],
        unpriced=[_order_to_proto(each, change.group_by) for each in change.unpriced],
        newly_priced=change.newly_priced,
        shortened=shortened,
    )


def _row_to_proto(row: Row) -> pb.PriceChangeRow:
    def money(minor: int) -> money_pb2.Money:
        return money_pb2.Money(currency=row.currency, amount_minor=minor)

    return pb.PriceChangeRow(
        group=row.group,
        currency=row.currency,
        orders=row.orders,
        total_before=money(row.before.total),
        total_after=money(row.after.total),
        settlement_before=money(row.before.settlement),
        settlement_after=money(row.after.settlement),
        margin_before=money(row.before.margin),
        margin_after=money(row.after.margin),
        dearer=row.dearer,
        cheaper=row.cheaper,
        earning_less=row.earning_less,
        unpriced=row.unpriced,
    )


def _order_to_proto(outcome: Outcome, group_by: str) -> pb.PriceChangeOrder:
    message = pb.PriceChangeOrder(
        order_id=outcome.order.order_id,
        group=outcome.order.labels.get(group_by, ""),
        refused=outcome.refused,
    )
    for totals, when in ((outcome.before, "before"), (outcome.after, "after")):
        if totals is not None:
            for name, minor in (("total", totals.total), ("settlement", totals.settlement)):
                money: money_pb2.Money = getattr(message, f"{name}_{when}")
                money.currency, money.amount_minor = outcome.currency, minor
    return message


def _invalid(field: str, message: str) -> InvalidArgument:
    return InvalidArgument("PRICING_CHECK_INVALID", message, field=field)
