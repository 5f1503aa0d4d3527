"""From a quote's settlement steps to the lines an earning is computed from; and money in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kit.errors import FailedPrecondition
from kit.money import Money

#: What a quote's phases are called in settlement.
_KINDS: Final = {
    "base": "base",
    "quantity": "base",
    "premium": "premium",
    "coefficient": "coefficient",
    "surcharge": "surcharge",
}
_SETTLEMENT_SIDE: Final = "SIDE_SETTLEMENT"
#: The phase of a line's last step when the quote is in another currency than its book.
_EXCHANGE: Final = "currency"


def settlement_lines(quote: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The steps that make the quote's settlement total, one line each, then its taxes; what changes
    nothing is left out.

    Raises:
        FailedPrecondition: ``FIELD_WORK_QUOTE_UNEVEN`` when they do not sum to the total.
    """
    several = len(quote["lines"]) > 1
    steps = (line for part in quote["lines"] for line in _lines_of(part, named=several))
    lines = (*steps, *_tax_lines(quote))
    total = quote.get("settlement_total", {}).get("amount_minor", 0)
    summed = sum(line["amount"]["amount_minor"] for line in lines)
    if summed != total:
        raise FailedPrecondition(
            "FIELD_WORK_QUOTE_UNEVEN",
            f"quote {quote['quote_id']} settles {total}, but its steps sum to {summed}",
        )
    return lines


def _lines_of(quote_line: dict[str, Any], *, named: bool) -> Iterator[dict[str, Any]]:
    steps = quote_line["settlement_steps"]
    if steps and steps[-1]["phase"] == _EXCHANGE:
        lines = _exchanged([*_own_lines(quote_line, steps[:-1], named=named)], steps[-1])
    else:
        lines = _own_lines(quote_line, steps, named=named)
    return (line for line in lines if line["amount"]["amount_minor"])


def _own_lines(
    quote_line: dict[str, Any], steps: Sequence[dict[str, Any]], *, named: bool
) -> Iterator[dict[str, Any]]:
    for step in steps:
        before = step.get("amount_before", {}).get("amount_minor", 0)
        amount = step["amount_after"]["amount_minor"] - before
        if amount:
            label = f"{quote_line['item_name']}·{step['label']}" if named else step["label"]
            yield {
                "line_kind": _kind(step["phase"], amount),
                "label": label,
                "amount": {
                    "currency": step["amount_after"]["currency"],
                    "amount_minor": amount,
                },
                "rule_id": step["rule_id"],
                "explanation": step["explanation"],
            }


def _exchanged(lines: list[dict[str, Any]], exchange: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines in the quote's currency that sum to what pricing exchanged; each says at which rate, by
    its id and since when. Each line ends where its share of the exchanged sum does."""
    after = exchange["amount_after"]
    own = sum(line["amount"]["amount_minor"] for line in lines)
    reached = given = 0
    for line in lines:
        reached += line["amount"]["amount_minor"]
        upto = reached * after["amount_minor"] // own if own else 0
        rate = f"{exchange['label']} {exchange['rule_id']}：{exchange['explanation']}"
        yield {
            **line,
            "amount": {"currency": after["currency"], "amount_minor": upto - given},
            "explanation": f"{line['explanation']}；{rate}" if line["explanation"] else rate,
        }
        given = upto


def _tax_lines(quote: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The taxes that are added to the settlement, and what of any tax is paid back, as lines of
    their own; a tax that the prices contain adds nothing."""
    for tax in quote.get("taxes", ()):
        amount = tax["amount"].get("amount_minor", 0)
        if tax["side"] == _SETTLEMENT_SIDE and amount and not tax.get("included", False):
            yield {
                "line_kind": "tax" if amount > 0 else "refundable_tax",
                "label": tax["label"],
                "amount": {"currency": tax["amount"]["currency"], "amount_minor": amount},
                "rule_id": tax["tax_code"],
                "explanation": tax["explanation"],
            }


def _kind(phase: str, amount: int) -> str:
    kind = _KINDS.get(phase, "surcharge")
    return "deduction" if amount < 0 and kind in ("base", "surcharge") else kind


def money_text(money: dict[str, Any]) -> str:
    """An amount for people, such as ``¥200.00``."""
    return str(Money(money["currency"], money["amount_minor"]))


def earning_text(earning: dict[str, Any]) -> str:
    """An earning line by line, for people."""
    return "\n".join(f"{line['label']} {money_text(line['amount'])}" for line in earning["lines"])
