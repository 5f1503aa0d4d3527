"""Why a quote is what it is, told from the quote itself: in sentences, and as what each rule added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from kit.money import split_minor
from kit.rpc.convert import money_from_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import pricing_pb2 as pb

_WHOLE: Final = 10_000


def explanation_of(result: pb.QuoteResult) -> pb.QuoteExplanation:
    """The explanation of a quote in the view that is given: of what the customer pays, or, where
    that is not shown, of what the work earns."""
    lines = [_line(line) for line in result.lines]
    total = result.total if result.HasField("total") else result.settlement_total
    return pb.QuoteExplanation(
        quote_id=result.quote_id,
        sentences=list(_sentences(result, lines)),
        lines=lines,
        total=total,
    )


def _sentences(result: pb.QuoteResult, lines: list[pb.LineExplanation]) -> Iterator[str]:
    book = f"价目 {result.price_book_code} 第 {result.price_book_version} 版"
    place = result.facts.place.place_name or result.facts.place.adcode
    yield f"按{book}，{result.inputs.day} {result.inputs.time}，{place}。"
    for line in lines:
        yield from line.sentences
    for tax in result.taxes:
        yield f"{tax.explanation}。"
    for missed in result.missed_promotions:
        yield f"未采用 {missed.reason}。"
    if result.HasField("total"):
        yield f"合计 {_money(result.total)}。"
    if result.HasField("settlement_total"):
        yield f"结算合计 {_money(result.settlement_total)}。"
    if result.HasField("margin"):
        yield f"毛利 {_money(result.margin)}。"


def _line(line: pb.QuoteLine) -> pb.LineExplanation:
    steps = line.steps or line.settlement_steps
    return pb.LineExplanation(
        line_number=line.line_number,
        sentences=list(_line_sentences(line)),
        parts=list(_parts(steps)),
    )


def _line_sentences(line: pb.QuoteLine) -> Iterator[str]:
    head = f"第 {line.line_number} 项 {line.item_name} × {line.quantity}"
    if line.HasField("amount"):
        yield f"{head}：{_money(line.amount)}。"
        for step in line.steps:
            yield f"{step.explanation}。"
    if line.HasField("settlement_amount"):
        yield f"{head} 结算：{_money(line.settlement_amount)}。"
        for step in line.settlement_steps:
            yield f"{step.explanation}。"
    for rejected in line.rejected:
        yield f"未采用 {rejected.rule_id}：{rejected.reason}。"


def _parts(steps: Iterable[pb.QuoteStep]) -> Iterator[pb.QuotePart]:
    """One part a rule, in the order in which they came; another currency begins anew."""
    parts: dict[str, pb.QuotePart] = {}
    for step in steps:
        if step.amount_before.currency != step.amount_after.currency:
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


def _money(message: money_pb2.Money) -> str:
    return str(money_from_proto(message, "amount"))
