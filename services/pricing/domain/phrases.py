"""What is said of a quote, in Chinese and in English, phrase by phrase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]

_COLUMN: Final[Mapping[Language, int]] = {"zh": 0, "en": 1}

#: Each phrase in both languages; what stands in braces is filled in.
PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    # Steps of a charge, by their kind; the numbers are the figures of `Charged`.
    "base": ("{item}：基础费 {after}/{unit}", "{item}: base fee {after}/{unit}"),
    "visit": ("{item}：每次 {after}", "{item}: {after} a visit"),
    "package": ("{item}：一口价 {after}", "{item}: package price {after}"),
    "package_of": (
        "{item}：一口价 {after}（含 {0} {unit}）",
        "{item}: package price {after} for up to {0} {unit}",
    ),
    "quantity": ("数量：{1} × {0} = {after}", "quantity: {1} × {0} = {after}"),
    "packages": ("份数：{1} × {0} = {after}", "packages: {1} × {0} = {after}"),
    "visits": ("次数：{1} × {0} = {after}", "visits: {1} × {0} = {after}"),
    "hours": (
        "工时费：{0} 分钟，含 {1} 分钟，每 {2} 分钟 {4} × {3}",
        "labour: {0} minutes, {1} included, each {2} minutes {4} × {3}",
    ),
    "graduated": ("{item}：第 {0}–{1} {unit} {2} × {3}", "{item}: units {0}–{1} {2} × {3}"),
    "volume": (
        "{item}：满 {0} {unit}起，单价 {after}/{unit}",
        "{item}: from {0} on {after}/{unit}",
    ),
    "plan": ("{item}：年度服务包 {after}，含 {0} 次", "{item}: year's plan {after}, {0} visits"),
    "plan_visits": (
        "{item}：年度服务包含 {2} 次，已用 {0} 次，本次 {1} 次，超出 {3} 次 × {4}",
        "{item}: of {2} visits a year {0} were used, {1} now, {3} beyond × {4}",
    ),
    "percent_of_parts": ("{item}：配件合计 {0} × {1}", "{item}: spare parts {0} × {1}"),
    # What such a step is called, when not by its item.
    "label_quantity": ("数量", "quantity"),
    "label_packages": ("份数", "packages"),
    "label_visits": ("次数", "visits"),
    "label_hours": ("工时费", "labour"),
    "label_currency": ("汇率折算", "exchange"),
    # Steps of modifiers.
    "multiply": ("{label}：{before} × {ratio} = {after}", "{label}: {before} × {ratio} = {after}"),
    "add_ratio_of_base": (
        "{label}：基础费 {base} × {percent} = {added}",
        "{label}: base fee {base} × {percent} = {added}",
    ),
    "add_amount": ("{label}：{sign}{fixed}{times}", "{label}: {sign}{fixed}{times}"),
    "override": ("{label}：改为 {fixed}{times}", "{label}: set to {fixed}{times}"),
    "best_of": (
        "{label}：{before} 与 {offered} 取{best}",
        "{label}: the {best} of {before} and {offered}",
    ),
    "best_customer": ("低", "lower"),
    "best_payee": ("高", "higher"),
    "capped": ("{said}，不低于零", "{said}, not below zero"),
    "rounded": ("{said}（{rounding}）", "{said} ({rounding})"),
    "half_up": ("四舍五入", "rounded half up"),
    "half_even": ("四舍六入五成双", "rounded half to even"),
    "down": ("舍去尾数", "rounded down"),
    # Promotions.
    "discount": ("{label}：{given}", "{label}: {given}"),
    "discount_share": (
        "{label}：{given}，本行分摊 {off}",
        "{label}: {given}, of which this line {off}",
    ),
    "threshold": (
        "合计 {counted}，满 {threshold} 减 {reduction}{times}",
        "of {counted}, over {threshold} {reduction} less{times}",
    ),
    "nth_item": (
        "第 {nth} 件按 {percent} 计，{count} 件，共减 {total}",
        "item {nth} at {percent}, {count} of them, {total} less",
    ),
    "percent": (
        "合计 {counted} 按 {percent} 计，减 {total}",
        "{counted} at {percent}, {total} less",
    ),
    "bundle": ("组合价 {price} × {count}，减 {total}", "together {price} × {count}, {total} less"),
    "gift": ("赠送 {count} 件，减 {total}", "{count} free, {total} less"),
    # Taxes and currencies.
    "tax": ("{label}：{taxed} × {percent} = {amount}", "{label}: {taxed} × {percent} = {amount}"),
    "tax_included": (
        "{label}：{taxed} 已含税 {percent}，其中税额 {amount}",
        "{label}: {taxed} contains {percent}, that is {amount}",
    ),
    "refund_label": ("{label}退税", "{label} paid back"),
    "refund": ("{label}可退部分：{amount}", "{label}, what is paid back: {amount}"),
    "exchange": (
        "汇率 {pair} {ratio}（{since} 起）：{before} = {after}",
        "exchange rate {pair} {ratio} (since {since}): {before} = {after}",
    ),
    # Why a rule does not count.
    "why": ("{label}：{why}", "{label}: {why}"),
    "less_specific": (
        "按{dimension}：{lost} 不如 {won} 具体",
        "by {dimension}: {lost} is less specific than {won}",
    ),
    "anything": ("不限", "anything"),
    "item": ("不用于项目 {item_code}", "not meant for item {item_code}"),
    "frozen": ("该地区特惠政策已冻结", "special policies are frozen there"),
    "measure": ("没有可计的量", "there is nothing to count"),
    "group": ("与「{instead}」互斥，未采用", "“{instead}” applies instead, one of both may"),
    "not_in": ("不在 {wanted} 内", "not in {wanted}"),
    "condition": ("{dimension}不是 {wanted}", "{dimension} is not {wanted}"),
    "items": ("没有参加活动的项目", "no line is meant"),
    "coupon": ("未使用优惠券", "no coupon was given"),
    "reach": ("未达到活动条件", "its condition was not reached"),
    # Dimensions.
    "dimension_place": ("地区", "place"),
    "dimension_city_tier": ("城市档位", "city tier"),
    "dimension_cooperation_mode": ("合作模式", "cooperation mode"),
    "dimension_customer_level": ("客户等级", "customer level"),
    "dimension_customer_type": ("客户类型", "customer type"),
    "dimension_sales_channel": ("渠道", "sales channel"),
    "dimension_outlet_id": ("网点", "outlet"),
    "dimension_urgency": ("紧急程度", "urgency"),
    "dimension_day_kind": ("日期类型", "kind of day"),
    "dimension_price_mode": ("价格模式", "price mode"),
    "dimension_stock_state": ("库存状态", "stock state"),
    "dimension_days": ("日期", "date"),
    "dimension_weekdays": ("星期", "weekday"),
    "dimension_hours": ("时段", "hour"),
    "dimension_quantity": ("数量", "quantity"),
    "dimension_floor": ("楼层", "floor"),
    "dimension_months_open": ("开业月数", "months open"),
    "weekdays": ("周{days}", "{days}"),
    "weekday_names": ("一、二、三、四、五、六、日", "Mon、Tue、Wed、Thu、Fri、Sat、Sun"),
    "and_more": ("{least} 及以上", "{least} or more"),
    "and_less": ("{most} 及以下", "{most} or less"),
    # The whole story.
    "by_book": (
        "按价目 {book} 第 {version} 版，{day} {time}，{place}。",
        "By price book {book} version {version}, {day} {time}, {place}.",
    ),
    "line_costs": (
        "第 {number} 项 {item} × {quantity}：{amount}。",
        "Line {number}, {item} × {quantity}: {amount}.",
    ),
    "line_earns": (
        "第 {number} 项 {item} × {quantity} 结算：{amount}。",
        "Line {number}, {item} × {quantity} earns {amount}.",
    ),
    "sentence": ("{said}。", "{said}."),
    "not_counted": ("未采用 {rule}：{why}。", "Not counted, {rule}: {why}."),
    "promotion_not_counted": ("未采用 {why}。", "Not counted, {why}."),
    "total": ("合计 {amount}。", "Total {amount}."),
    "settlement_total": ("结算合计 {amount}。", "Settlement total {amount}."),
    "margin": ("毛利 {amount}。", "Margin {amount}."),
}


def phrase(language: Language, key: str, *figures: object, **named: object) -> str:
    """A phrase, filled in."""
    return PHRASES[key][_COLUMN[language]].format(*figures, **named)


def dimension_label(language: Language, dimension: str) -> str:
    """What a dimension is called."""
    return phrase(language, f"dimension_{dimension}")
