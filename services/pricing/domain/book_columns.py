"""The sheets of a price book's file and their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from kit.spreadsheet.records import Column
from kit.spreadsheet.table import Value
from services.pricing.domain.book_cells import (
    CODES,
    COMPONENT,
    COMPONENTS,
    FLAG,
    MONEY,
    NUMBERS,
    RANGE,
    STEPS,
    TEXT,
    THERE,
    WHOLE,
    Cells,
    words,
)
from services.pricing.domain.comparison import Plain, RuleKind

#: Between the parts of a field's path; a heading may be the path itself.
BETWEEN: Final = "/"


class Sheet(NamedTuple):
    """What a kind of rule is listed on.

    Attributes:
        needed: fields without which a row says nothing.
        columns: field, Chinese, English, cells.
    """

    chinese: str
    english: str
    needed: tuple[str, ...]
    columns: tuple[tuple[str, str, str, Cells], ...]


def columns_of(kind: RuleKind, currency: str) -> tuple[Column[Plain], ...]:
    """The columns of a kind of rule, in a book of a currency."""
    return tuple(_column(*said, currency) for said in SHEETS[kind].columns)


def heading_path(field: str) -> str:
    """The column's field for a path in a message: "conditions.first_day", "charge.graduated.steps[1]"."""
    return field.partition("[")[0].replace(".", BETWEEN)


def _column(path: str, chinese: str, english: str, cells: Cells, currency: str) -> Column[Plain]:
    parts = path.split(BETWEEN)

    def read(text: str) -> Any:
        said = text.strip()
        return cells.read(said, currency) if said else None

    def write(rule: Plain) -> Value:
        value: Any = rule
        for part in parts:
            if not isinstance(value, Mapping) or part not in value:
                return None
            value = value[part]
        return cells.write(value)

    return Column(path, chinese, english, read, write)


def _conditions() -> Iterable[tuple[str, str, str, Cells]]:
    for name, chinese, english, cells in (
        ("customer_type", "客户类型", "customer type", TEXT),
        ("sales_channel", "渠道", "sales channel", TEXT),
        ("outlet_id", "网点", "outlet", TEXT),
        ("urgency", "紧急程度", "urgency", TEXT),
        ("day_kind", "日子", "day kind", TEXT),
        ("price_mode", "价格模式", "price mode", TEXT),
        ("stock_state", "库存状态", "stock state", TEXT),
        ("first_day", "首日", "first day", TEXT),
        ("last_day", "末日", "last day", TEXT),
        ("weekdays", "星期", "weekdays", NUMBERS),
        ("from_time", "起始时刻", "from time", TEXT),
        ("until_time", "截止时刻", "until time", TEXT),
        ("quantity", "数量范围", "quantity range", RANGE),
        ("floor", "楼层", "floor", RANGE),
        ("months_open", "开业月份", "months open", RANGE),
    ):
        yield f"conditions/{name}", chinese, english, cells


_PLACE: Final = ("place_code", "地点", "place", TEXT)
_WHOM: Final = (
    ("city_tier", "城市等级", "city tier", TEXT),
    ("cooperation_mode", "合作模式", "cooperation mode", TEXT),
    ("customer_level", "客户等级", "customer level", TEXT),
)
_ITEMS: Final = ("item_codes", "项目", "items", CODES)
_GROUP: Final = ("exclusivity_group", "互斥组", "exclusivity group", TEXT)
_PRIORITY: Final = ("priority", "优先级", "priority", WHOLE)
_SPECIAL: Final = ("special", "特惠政策", "special", FLAG)
_CATALOGUE: Final = (
    "catalogue", "库", "library", words({
        "CATALOGUE_PROJECT_LIBRARY": ("项目库", "project library"),
        "CATALOGUE_SPARE_PART_LIBRARY": ("备件库", "spare-part library"),
    }),
)  # fmt: skip
_SIDE: Final = (
    "side", "价格侧", "side",
    words({"SIDE_LIST": ("标价", "list"), "SIDE_SETTLEMENT": ("结算价", "settlement")}),
)  # fmt: skip

SHEETS: Final[Mapping[RuleKind, Sheet]] = {
    RuleKind.HEAD: Sheet("说明", "book", (), (
        ("currency", "币种", "currency", TEXT),
        ("resolution_order", "判定顺序", "resolution order", CODES),
        ("phases", "阶段", "phases", CODES),
        ("rounding", "取整", "rounding", words({
            "ROUNDING_HALF_UP": ("四舍五入", "half up"),
            "ROUNDING_HALF_EVEN": ("四舍六入五成双", "half even"),
            "ROUNDING_DOWN": ("舍去尾数", "down"),
        })),
    )),
    RuleKind.RATE: Sheet("价格", "rates", ("item_code",), (
        ("rate_id", "费率编号", "rate id", TEXT),
        ("item_code", "项目编码", "item", TEXT),
        _PLACE,
        *_WHOM,
        ("list_price", "标价", "list price", MONEY),
        ("settlement_price", "结算价", "settlement price", MONEY),
        *_conditions(),
        ("charge/hourly/list_price", "工时标价", "hourly list price", MONEY),
        ("charge/hourly/settlement_price", "工时结算价", "hourly settlement price", MONEY),
        ("charge/hourly/step_minutes", "工时单位分钟", "step minutes", WHOLE),
        ("charge/hourly/included_minutes", "含工时分钟", "included minutes", WHOLE),
        ("charge/package", "一口价", "package", THERE),
        ("charge/package/size", "一口价数量", "package size", WHOLE),
        ("charge/graduated/steps", "阶梯价", "graduated", STEPS),
        ("charge/volume/steps", "按量价", "volume", STEPS),
        ("charge/per_visit", "按次", "per visit", THERE),
        ("charge/annual_plan/included_visits", "年度含次数", "included visits", WHOLE),
        ("charge/annual_plan/extra_visit_list_price", "超次标价", "extra visit list price", MONEY),
        ("charge/annual_plan/extra_visit_settlement_price", "超次结算价", "extra visit settlement price", MONEY),
        ("charge/percent_of_parts/ratio", "备件比例", "percent of parts", TEXT),
        ("charge/percent_of_parts/settlement_ratio", "备件结算比例", "settlement percent of parts", TEXT),
    )),
    RuleKind.MODIFIER: Sheet("调整项", "modifiers", ("modifier_code",), (
        ("modifier_code", "编码", "code", TEXT),
        ("label", "名称", "label", TEXT),
        ("phase", "阶段", "phase", TEXT),
        ("combine_mode", "方式", "combine mode", words({
            "COMBINE_MODE_MULTIPLY": ("乘系数", "multiply"),
            "COMBINE_MODE_ADD_RATIO_OF_BASE": ("按基础费加成", "add ratio of base"),
            "COMBINE_MODE_ADD_AMOUNT": ("加固定额", "add amount"),
            "COMBINE_MODE_OVERRIDE": ("改为固定额", "override"),
            "COMBINE_MODE_BEST_OF": ("取优", "best of"),
        })),
        ("ratio", "比例", "ratio", TEXT),
        ("settlement_ratio", "结算比例", "settlement ratio", TEXT),
        ("amount", "金额", "amount", MONEY),
        ("settlement_amount", "结算金额", "settlement amount", MONEY),
        _ITEMS,
        _CATALOGUE,
        _SIDE,
        ("automatic", "自动", "automatic", FLAG),
        _GROUP,
        _PRIORITY,
        ("least_ratio", "比例下限", "least ratio", TEXT),
        ("most_ratio", "比例上限", "most ratio", TEXT),
        ("measure", "计量", "measure", TEXT),
        ("free_measure", "免计量", "free measure", WHOLE),
        ("measure_step", "计量单位", "measure step", WHOLE),
        ("favours", "利于", "favours", words({
            "FAVOURS_CUSTOMER": ("客户", "customer"), "FAVOURS_PAYEE": ("收款方", "payee"),
        })),
        _SPECIAL,
        _PLACE,
        *_WHOM,
        *_conditions(),
    )),
    RuleKind.PROMOTION: Sheet("促销", "promotions", ("promotion_code",), (
        ("promotion_code", "编码", "code", TEXT),
        ("label", "名称", "label", TEXT),
        ("threshold/threshold", "满", "threshold", MONEY),
        ("threshold/reduction", "减", "reduction", MONEY),
        ("threshold/repeats", "每满", "threshold repeats", FLAG),
        ("nth_item/nth", "第几件", "nth item", WHOLE),
        ("nth_item/ratio", "该件付", "nth item ratio", TEXT),
        ("nth_item/repeats", "每几件", "nth item repeats", FLAG),
        ("percent/ratio", "折扣", "percent", TEXT),
        ("bundle/components", "套餐", "bundle", COMPONENTS),
        ("bundle/bundle_price", "套餐价", "bundle price", MONEY),
        ("bundle/repeats", "每套", "bundle repeats", FLAG),
        ("gift/components", "买", "gift for", COMPONENTS),
        ("gift/gift", "赠", "gift", COMPONENT),
        ("gift/repeats", "每买", "gift repeats", FLAG),
        _ITEMS,
        ("needs_coupon", "需优惠券", "needs coupon", FLAG),
        _GROUP,
        _PRIORITY,
        _SPECIAL,
        _PLACE,
        *_WHOM,
        *_conditions(),
    )),
    RuleKind.TAX: Sheet("税则", "taxes", ("tax_code",), (
        ("tax_code", "编码", "code", TEXT),
        ("label", "名称", "label", TEXT),
        _SIDE,
        ("ratio", "税率", "ratio", TEXT),
        ("inclusive", "价内", "inclusive", FLAG),
        ("refundable_ratio", "可退比例", "refundable ratio", TEXT),
        ("payee_kind", "收款方类型", "payee kind", TEXT),
        _ITEMS,
        _CATALOGUE,
        _PLACE,
        *_conditions(),
    )),
    RuleKind.GROUP: Sheet("互斥组", "groups", ("group_code",), (
        ("group_code", "编码", "code", TEXT),
        ("choice", "取哪个", "choice", words({
            "CHOICE_FIRST": ("优先级最先", "first"),
            "CHOICE_BEST_FOR_CUSTOMER": ("对客户最优", "best for customer"),
            "CHOICE_BEST_FOR_PAYEE": ("对收款方最优", "best for payee"),
        })),
    )),
    RuleKind.OPENING: Sheet("开业", "openings", ("place_code",), (
        ("place_code", "地点", "place", TEXT),
        ("opened_on", "开业日", "opened on", TEXT),
    )),
}  # fmt: skip
