"""The full rule set for ZEN: tables find what depends on place and time, expressions compute.

Amounts are whole fen throughout, rounded where ours are; ZEN's ``round`` goes half away from zero, as
`Rounding.HALF_UP` does. A quote has one line here, so that no reduction needs to be dealt to lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import zen

from bench.pricing import places, rules, zen_table
from bench.pricing.book import Row
from bench.pricing.rules import Asked

#: What is computed of each side, in order; the amounts so far stand in the key before.
_SIDES: Final = {
    "list": {"diamond": "0.05", "holiday": "8000", "night": "5000"},
    "settlement": {"diamond": "0", "holiday": "6000", "night": "4000"},
}


def engine_of(rows: Sequence[Row]) -> zen.ZenEngine:
    """An engine that answers from these rates and the full rule set."""
    nodes = [
        _table("rate", zen_table.rate_table(rows)),
        _table("premium", _premium_table()),
        _table("campaign", _campaign_table()),
        _expressions("amounts", _amounts()),
    ]
    return zen_table.engine({zen_table.KEY: zen_table.graph(nodes)})


def context_of(asking: Asked) -> dict[str, Any]:
    """What the decision reads of a question."""
    said = asking._asdict()
    question = said.pop("question")
    return {
        **zen_table.context_of(question),
        **said,
        "quantity": question.quantity,
        "tier": rules.tier_of(question.circle),
    }


def _table(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "type": "decisionTableNode",
        "content": content | {"passThrough": True},
    }


def _expressions(name: str, expressions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    listed = [{"id": key, "key": key, "value": value} for key, value in expressions]
    content = {"expressions": listed}
    return {"id": name, "name": name, "type": "expressionNode", "content": content}


def _premium_table() -> dict[str, Any]:
    zones = [
        {"_id": zone, "district": f'"{zone}"', "premium": ratio} for zone, ratio in rules.premiums()
    ]
    return _first_hit("district", "premium", [*zones, {"_id": "none", "premium": "0"}])


def _campaign_table() -> dict[str, Any]:
    macro_regions = places.of_depth(1)
    campaigns = dict.fromkeys(rules.MONEY_OFF_IN, "money_off")
    campaigns |= dict.fromkeys(rules.HALF_PRICE_IN, "half_price")
    regional = [
        {
            "_id": f"{number}",
            "macro_region": f'"{places.code_of(macro_regions[number])}"',
            "campaign": f'"{campaign}"',
        }
        for number, campaign in campaigns.items()
    ]
    return _first_hit("macro_region", "campaign", [*regional, {"_id": "none", "campaign": '""'}])


def _first_hit(field: str, output: str, table_rules: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field}],
        "outputs": [{"id": output, "name": output, "field": output}],
        "rules": table_rules,
    }


def _amounts() -> Iterable[tuple[str, str]]:
    """Expressions that compute both totals; each reads the ones before it as ``$.key``."""
    night = f"(minute >= {rules.NIGHT_FROM} or minute < {rules.NIGHT_UNTIL})"
    kilometres = f"max([0, ceil((distance_metres - {rules.FREE_METRES}) / 1000)])"
    for side, own in _SIDES.items():
        yield f"{side}_base", f"{side}_price * quantity"
        yield f"{side}_premium", f"$.{side}_base + round($.{side}_base * premium)"
        yield (
            f"{side}_diamond",
            f"$.{side}_premium - (level == 'diamond' ? round($.{side}_base * {own['diamond']}) : 0)",
        )
        yield (
            f"{side}_tier",
            f"tier == 'tier3' ? round($.{side}_diamond * 0.95)"
            f" : tier == 'tier4' ? round($.{side}_diamond * 0.9) : $.{side}_diamond",
        )
        yield (
            f"{side}_urgent",
            f"urgency == 'urgent' ? round($.{side}_tier * 1.3) : $.{side}_tier",
        )
        yield (
            f"{side}_height",
            f"floor >= {rules.HEIGHT_FROM_FLOOR} ? round($.{side}_urgent * 1.2) : $.{side}_urgent",
        )
        yield (
            f"{side}_hours",
            f"$.{side}_height + quantity * (day_kind == 'holiday' ? {own['holiday']}"
            f" : {night} ? {own['night']} : 0)",
        )
        yield f"{side}_worked", f"$.{side}_hours + 200 * {kilometres}"
    yield (
        "reduced",
        "campaign == 'money_off' ? $.list_worked - 3000 * floor($.list_worked / 20000)"
        " : campaign == 'half_price'"
        " ? $.list_worked - round($.list_worked * floor(quantity / 2) / (2 * quantity))"
        " : $.list_worked",
    )
    yield "paid", "sales_channel == 'online' ? round($.reduced * 0.95) : $.reduced"
    yield "vat", "round($.paid * 0.06)"
    refund = places.code_of(places.of_depth(1)[rules.REFUND_IN])
    yield "refund", f"macro_region == '{refund}' ? round($.vat * 0.5) : 0"
    yield "total", "$.paid + $.vat - $.refund"
    yield "settlement_total", "$.settlement_worked"
