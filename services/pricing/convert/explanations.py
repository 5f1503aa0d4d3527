"""Why a quote is what it is, told from the quote itself: in sentences, and as what each rule added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from kit.money import round_quotient, split_minor
from kit.rpc.convert import money_from_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.domain.phrases import Language, phrase

Say = Callable[..., str]

_WHOLE: Final = 10_000


def explanation_of(result: pb.QuoteResult, language: Language = "zh") -> pb.QuoteExplanation:
    """The explanation of a quote in the view that is given: of what the customer pays, or, where
    that is not shown, of what the work earns.

    Args:
        language: that of the quote's own explanations.
    """
    say = partial(phrase, language)
    lines = [
        pb.LineExplanation(
            line_number=line.line_number,
            sentences=list(_line_sentences(line, say)),
            parts=list(_parts(line.steps or line.settlement_steps)),
        )
        for line in result.lines
    ]
    return pb.QuoteExplanation(
        quote_id=result.quote_id,
        sentences=list(_sentences(result, lines, say)),
        lines=lines,
        total=result.total if result.HasField("total") else result.settlement_total,
    )


def _sentences(
    result: pb.QuoteResult, lines: Iterable[pb.LineExplanation], say: Say
) -> Iterator[str]:
    yield say(
        "by_book",
        book=result.price_book_code,
        version=result.price_book_version,
        day=result.inputs.day,
        time=result.inputs.time,
        place=result.facts.place.place_name or result.facts.place.adcode,
    )
    for line in lines:
        yield from line.sentences
    for tax in result.taxes:
        yield say("sentence", said=tax.explanation)
    for missed in result.missed_promotions:
        yield say("promotion_not_counted", why=missed.reason)
    for name in ("total", "settlement_total", "margin"):
        if result.HasField(name):
            yield say(name, amount=_money(getattr(result, name)))


def _line_sentences(line: pb.QuoteLine, say: Say) -> Iterator[str]:
    named = {"number": line.line_number, "item": line.item_name, "quantity": line.quantity}
    if line.HasField("amount"):
        yield say("line_costs", amount=_money(line.amount), **named)
    for step in line.steps:
        yield say("sentence", said=step.explanation)
    if line.HasField("settlement_amount"):
        yield say("line_earns", amount=_money(line.settlement_amount), **named)
    for step in line.settlement_steps:
        yield say("sentence", said=step.explanation)
    for rejected in line.rejected:
        yield say("not_counted", rule=rejected.rule_id, why=rejected.reason)


def _parts(steps: Iterable[pb.QuoteStep]) -> Iterator[pb.QuotePart]:
    """One part a rule, in the order in which they came; they sum to the line, in its currency."""
    parts: dict[str, pb.QuotePart] = {}
    for step in steps:
        if step.amount_before.currency != step.amount_after.currency:
            _exchange(parts.values(), step)
            continue
        part = parts.setdefault(step.rule_id, pb.QuotePart(rule_id=step.rule_id, label=step.label))
        part.amount.currency = step.amount_after.currency
        part.amount.amount_minor += step.amount_after.amount_minor - step.amount_before.amount_minor
    amounts = [part.amount.amount_minor for part in parts.values()]
    if sum(amounts) > 0 and min(amounts) >= 0:
        shares = split_minor(_WHOLE, amounts)
        for part, share in zip(parts.values(), shares, strict=True):
            part.share_basis_points = share
    return iter(parts.values())


def _exchange(parts: Iterable[pb.QuotePart], step: pb.QuoteStep) -> None:
    """Say parts in the currency into which a step exchanges their sum: each is what it adds to those
    before it there, so that nothing is lost to rounding."""
    before, after = step.amount_before.amount_minor, step.amount_after.amount_minor
    own = other = 0
    for part in parts:
        own += part.amount.amount_minor
        so_far = round_quotient(own * after, before) if before else 0
        part.amount.currency = step.amount_after.currency
        part.amount.amount_minor, other = so_far - other, so_far


def _money(message: money_pb2.Money) -> str:
    return str(money_from_proto(message, "amount"))
