"""What is written into a book's file is read back as the same rules, whatever they say."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kit.spreadsheet.reading import read_tables
from protos.pricing.v1 import book_pb2
from protos.pricing.v1.library_pb2 import SHEET_FORMAT_CSV, SHEET_FORMAT_XLSX
from services.pricing.convert.book_files import LIMITS, write_book
from services.pricing.convert.drafts import rule_to_plain
from services.pricing.domain.book_rows import SHEET_NAMES, merged, read_sheets
from services.pricing.domain.comparison import HEAD, Plain, RuleKind, RuleName

Said = SearchStrategy[dict[str, Any]]

codes = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}", fullmatch=True)
#: What people type: Chinese, formulas, leading zeros, separators of lists and of CSV.
words = st.text(
    st.sampled_from(list("空调安装满减0123=+-@,;、\"'x*~/ .")), min_size=1, max_size=12
).map(str.strip).filter(bool)  # fmt: skip
ratios = st.sampled_from(["1.2", "0.05", "-0.1", "1/3", "2", "0"])
counts = st.integers(1, 10**6)
item_lists = st.lists(codes, max_size=3, unique=True)
minutes = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
days = st.dates().map(str)


def money(currency: str) -> Said:
    return st.integers(0, 10**12).map(
        lambda minor: {"currency": currency, "amount_minor": str(minor)}
    )


def some(**fields: SearchStrategy[Any]) -> Said:
    """Any of these fields, or none."""
    return st.fixed_dictionaries({}, optional=fields)


def one_under_its_name(kinds: dict[str, Said]) -> Said:
    """One of these, as a message says which of its kinds it is."""
    return st.one_of(*(st.fixed_dictionaries({name: said}) for name, said in kinds.items()))


def spans() -> Said:
    ends = st.integers(0, 100).map(str)
    return st.one_of(
        st.builds(lambda least: {"least": least}, ends),
        st.builds(lambda most: {"most": most}, ends),
        st.builds(lambda least, more: {"least": str(least), "most": str(least + more)},
                  st.integers(-5, 50), st.integers(0, 50)),
    )  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    said = draw(
        some(
            customer_type=codes,
            sales_channel=codes,
            outlet_id=codes,
            urgency=codes,
            day_kind=st.sampled_from(["workday", "rest_day", "holiday"]),
            price_mode=codes,
            stock_state=st.sampled_from(["in_stock", "low", "out_of_stock"]),
            weekdays=st.lists(st.integers(1, 7), min_size=1, unique=True).map(sorted),
            quantity=spans(),
            floor=spans(),
            months_open=spans(),
        )
    )
    if draw(st.booleans()):
        first, last = sorted((draw(days), draw(days)))
        said |= {"first_day": first, "last_day": last}
    if draw(st.booleans()):
        begin, end = draw(st.lists(minutes, min_size=2, max_size=2, unique=True))
        said |= {"from_time": begin, "until_time": end}
    return said


def placed(**more: SearchStrategy[Any]) -> dict[str, SearchStrategy[Any]]:
    whom = dict.fromkeys(("place_code", "city_tier", "cooperation_mode", "customer_level"), codes)
    return {**whom, "conditions": conditions(), **more}


def charges(currency: str) -> Said:
    price = money(currency)
    step = st.fixed_dictionaries(
        {"from_quantity": st.integers(2, 999).map(str), "list_price": price, "settlement_price": price}
    )  # fmt: skip
    steps = st.lists(step, min_size=1, max_size=3).map(lambda all_: {"steps": all_})
    models: dict[str, Said] = {
        "hourly": st.fixed_dictionaries(
            {"list_price": price, "settlement_price": price},
            optional={"step_minutes": counts, "included_minutes": counts},
        ),
        "package": some(size=counts),
        "graduated": steps,
        "volume": steps,
        "per_visit": st.just({}),
        "annual_plan": st.fixed_dictionaries(
            {"included_visits": counts, "extra_visit_list_price": price,
             "extra_visit_settlement_price": price}
        ),
        "percent_of_parts": st.fixed_dictionaries(
            {"ratio": ratios}, optional={"settlement_ratio": ratios}
        ),
    }  # fmt: skip
    return one_under_its_name(models)


def promotions(currency: str) -> Said:
    price, flag = money(currency), st.just(True)
    part = st.fixed_dictionaries({"item_code": codes, "quantity": counts.map(str)})
    parts = st.lists(part, min_size=1, max_size=3)
    rules: dict[str, Said] = {
        "threshold": st.fixed_dictionaries(
            {"threshold": price, "reduction": price}, optional={"repeats": flag}
        ),
        "nth_item": st.fixed_dictionaries(
            {"nth": counts, "ratio": ratios}, optional={"repeats": flag}
        ),
        "percent": st.fixed_dictionaries({"ratio": ratios}),
        "bundle": st.fixed_dictionaries(
            {"components": parts, "bundle_price": price}, optional={"repeats": flag}
        ),
        "gift": st.fixed_dictionaries({"gift": part}, optional={"components": parts}),
    }
    rule = one_under_its_name(rules)
    named = st.fixed_dictionaries(
        {"promotion_code": codes, "label": words},
        optional=placed(
            item_codes=item_lists,
            needs_coupon=flag,
            special=flag,
            exclusivity_group=codes,
            priority=st.integers(1, 99),
        ),
    )
    return st.builds(lambda one, other: one | other, named, rule)


def rules_of(kind: RuleKind, currency: str) -> Said:
    flag, price = st.just(True), money(currency)
    match kind:
        case RuleKind.RATE:
            return st.fixed_dictionaries(
                {"item_code": codes, "list_price": price, "settlement_price": price},
                optional=placed(rate_id=codes, charge=charges(currency)),
            )
        case RuleKind.MODIFIER:
            return st.fixed_dictionaries(
                {"modifier_code": codes, "label": words, "phase": codes},
                optional=placed(
                    combine_mode=names(book_pb2.CombineMode),
                    ratio=ratios,
                    settlement_ratio=ratios,
                    amount=price,
                    settlement_amount=price,
                    item_codes=item_lists,
                    side=names(book_pb2.Side),
                    automatic=flag,
                    special=flag,
                    exclusivity_group=codes,
                    priority=st.integers(-9, 99).filter(bool),
                    least_ratio=ratios,
                    most_ratio=ratios,
                    measure=codes,
                    free_measure=counts.map(str),
                    measure_step=counts.map(str),
                    favours=names(book_pb2.Favours),
                ),
            )
        case RuleKind.PROMOTION:
            return promotions(currency)
        case RuleKind.TAX:
            return st.fixed_dictionaries(
                {"tax_code": codes, "label": words, "ratio": ratios},
                optional={
                    "side": names(book_pb2.Side),
                    "inclusive": flag,
                    "refundable_ratio": ratios,
                    "payee_kind": codes,
                    "item_codes": item_lists,
                    "place_code": codes,
                    "conditions": conditions(),
                },
            )
        case RuleKind.GROUP:
            return st.fixed_dictionaries(
                {"group_code": codes}, optional={"choice": names(book_pb2.Choice)}
            )
        case RuleKind.OPENING:
            return st.fixed_dictionaries({"place_code": codes, "opened_on": days})
        case RuleKind.HEAD:
            raise AssertionError("a book has one head")


def names(enum: Any) -> SearchStrategy[str]:
    return st.sampled_from([value.name for value in enum.DESCRIPTOR.values if value.number])


def settled(kind: RuleKind, said: Plain) -> tuple[RuleName, Plain]:
    message = book_pb2.PriceRule()
    json_format.ParseDict({kind.value: dict(said)}, message)
    return rule_to_plain(message, "rule")


def head_of(currency: str) -> Plain:
    said = {"currency": currency, "resolution_order": ["place", "days"], "phases": ["premium"]}
    return settled(RuleKind.HEAD, said)[1]


def read_back(content: bytes, currency: str) -> dict[RuleName, Plain]:
    sheets = read_sheets(read_tables(content, SHEET_NAMES, LIMITS), currency)
    assert [problem for sheet in sheets for problem in sheet.records.problems] == []
    return dict(
        settled(sheet.kind, merged({}, record.given))
        for sheet in sheets
        for record in sheet.records.records
    )


@pytest.mark.parametrize("kind", [kind for kind in RuleKind if kind is not RuleKind.HEAD])
@settings(max_examples=25, deadline=None)
@given(data=st.data(), currency=st.sampled_from(["CNY", "JPY"]))
def test_rules_come_back_from_a_workbook_as_they_were(
    kind: RuleKind, data: st.DataObject, currency: str
) -> None:
    said = data.draw(st.lists(rules_of(kind, currency), max_size=4))
    rules = dict(settled(kind, each) for each in said) | {HEAD: head_of(currency)}
    assert read_back(write_book(rules, currency, SHEET_FORMAT_XLSX), "") == rules


@settings(max_examples=25, deadline=None)
@given(data=st.data(), currency=st.sampled_from(["CNY", "JPY"]))
def test_rates_come_back_from_csv_as_they_were(data: st.DataObject, currency: str) -> None:
    said = data.draw(st.lists(rules_of(RuleKind.RATE, currency), min_size=1, max_size=4))
    rules = dict(settled(RuleKind.RATE, each) for each in said)
    content = write_book(rules | {HEAD: head_of(currency)}, currency, SHEET_FORMAT_CSV)
    assert read_back(content, currency) == rules
