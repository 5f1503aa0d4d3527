"""A company of a million work orders: its shops, outlets, technicians and two years of work, drawn
from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from kit.ids import new_id
from services.workorder.domain.orders import finding
from services.workorder.domain.orders.work_order import State
from services.workorder.tables.work_orders import OfferRow, WorkOrderLineRow, WorkOrderRow

NOW: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_TWO_YEARS: Final = timedelta(days=730)
_ROOMS: Final = ("客厅", "卧室", "厨房", "门店", "办公室", "书房", "阳台", "别墅", "仓库", "教室")
_GOODS: Final = (
    "空调",
    "热水器",
    "中央空调",
    "橱柜",
    "灯具",
    "净水器",
    "智能门锁",
    "电梯",
    "充电桩",
)
_WORK: Final = ("安装", "量房", "维修", "保养", "清洗", "移机", "验收", "退换", "巡检")
_SOURCES: Final = ("case", "wecom", "scan", "shop", "keyword", "form")
_OPEN: Final = ("created", "offered", "accepted", "scheduled", "in_progress", "completed")
_MUNICIPALITIES: Final = ("北京市", "上海市", "广州市", "成都市", "杭州市", "武汉市", "西安市")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A work order, and the offer that is open or was accepted."""

    order: WorkOrderRow
    line: WorkOrderLineRow
    offer: OfferRow | None


@dataclass(frozen=True, slots=True)
class Company:
    """How large everything is.

    Attributes:
        patterns: work orders that are drawn; the rest are like them.
        alike: how many are like each pattern, itself among them.
        shops: customers that have work done again and again.
    """

    patterns: int = 100_000
    alike: int = 10
    shops: int = 300
    customers: int = 200_000
    outlets: int = 3_000
    technicians: int = 30_000
    assets: int = 300_000
    seed: int = 20_260_302

    @property
    def spacing(self) -> timedelta:
        """Between the creations of two work orders."""
        return _TWO_YEARS / (self.patterns * self.alike)

    def technician(self, number: int) -> str:
        """A technician's id."""
        return f"pe_tech_{number % self.technicians:05}"

    def outlet(self, number: int) -> str:
        """An outlet's id; ten technicians belong to each."""
        return f"ou_{number % self.outlets:04}"

    def customer(self, chance: random.Random) -> str:
        """A customer's id; one work order in three is of a shop."""
        if chance.random() < 0.33:
            return f"cu_shop_{chance.randrange(self.shops):03}"
        return f"cu_{chance.randrange(self.customers):06}"

    def rows(self) -> Iterator[Pattern]:
        """Every pattern, the oldest first."""
        chance = random.Random(self.seed)
        for number in range(self.patterns):
            yield self._pattern(number, chance)

    def _pattern(self, number: int, chance: random.Random) -> Pattern:
        age = number / self.patterns
        created = NOW - _TWO_YEARS * (1 - age)
        state = _state(age, chance)
        outlet = int(self.outlets * chance.random() ** 2)
        technician = self.technician(outlet * 10 + chance.randrange(10))
        order = self._order(state, created, outlet, chance)
        kind = chance.choice(_GOODS)
        title = f"{chance.choice(_ROOMS)}{kind}{chance.choice(_WORK)}"
        item = f"item_{_GOODS.index(kind)}_{chance.randrange(30)}"
        line = WorkOrderLineRow(
            work_order_id=order.work_order_id,
            line_number=1,
            item_code=item,
            name=title,
            quantity=1,
            catalogue="project_library",
        )
        order.title = title
        held = "" if state == State.CREATED else technician
        _make_findable(order, line, held)
        offer = _offer(order, technician, chance) if held else None
        return Pattern(order, line, offer)

    def _order(
        self, state: State, created: datetime, outlet: int, chance: random.Random
    ) -> WorkOrderRow:
        adcode = _adcode(outlet, chance)
        times = _times(state, created, chance)
        done = state in (State.COMPLETED, State.ACCEPTED_BY_CUSTOMER)
        accepted = state == State.ACCEPTED_BY_CUSTOMER
        return WorkOrderRow(
            work_order_id=new_id("wo", created),
            revision=1,
            case_id=new_id("ca", created),
            stage=chance.choice(("presale", "install", "install", "aftersale", "aftersale")),
            state=state,
            customer_id=self.customer(chance),
            address_id=f"ad_{chance.randrange(self.customers):06}",
            adcode=adcode,
            adcode_path=[adcode, f"{adcode[:4]}00", f"{adcode[:2]}0000", "CN"],
            zone_codes=[],
            city_tier="tier1",
            place_name=chance.choice(_MUNICIPALITIES),
            zones_known=False,
            former_adcode="",
            floor=chance.randrange(1, 34),
            notes="家里有狗,先打电话" if chance.random() < 0.3 else "",
            quote_id=new_id("qt", created),
            required_skills=["aircon_install"],
            priority=chance.choices((1, 2, 3, 4, 5), (2, 8, 70, 15, 5))[0],
            created_at=created,
            created_by_person_id="pe_intake",
            completion_code=f"{chance.randrange(10**6):06}",
            completion_summary="更换部件,试机正常" if done else "",
            wrong_code_count=0,
            acceptance_comment="",
            acceptance_recorded_at=times.get("accepted"),
            rating=chance.choices((0, 5, 4, 3, 1), (30, 50, 14, 4, 2))[0] if accepted else 0,
            cancel_reason="客户取消" if state == State.CANCELLED else "",
            source=chance.choice(_SOURCES),
            source_ref="",
            asset_id=f"as_{chance.randrange(self.assets):06}",
            in_warranty=chance.random() < 0.5,
            customer_level="",
            team_id=f"tm_{outlet % 400:03}",
            outlet_id=self.outlet(outlet),
            link_reason="",
            blamed_party="",
            checklist_code="",
            priority_rule="",
            priority_by_person_id="",
            priority_reason="",
            due_at=created + timedelta(hours=48) if chance.random() < 0.7 else None,
            cancel_code="",
            crew=[],
            window_start=times.get("window"),
            window_end=times["window"] + timedelta(hours=2) if "window" in times else None,
            checked_in_at=times.get("checked_in"),
            completed_at=times.get("completed"),
            responded_at=times.get("responded"),
            state_since=max(times.values()),
        )


def _state(age: float, chance: random.Random) -> State:
    """What is older than a month is over, but for some that are stuck."""
    if chance.random() < (0.75 if age > 0.97 else 0.01):
        return State(chance.choices(_OPEN, (15, 10, 15, 35, 10, 15))[0])
    return State.CANCELLED if chance.random() < 0.08 else State.ACCEPTED_BY_CUSTOMER


def _times(state: State, created: datetime, chance: random.Random) -> dict[str, datetime]:
    """When a work order came to what it has been through; the last one is its state's."""
    times = {"created": created}
    if state == State.CANCELLED:
        return times | {"cancelled": created + timedelta(hours=chance.expovariate(1 / 10))}
    if state in (State.CREATED, State.OFFERED):
        return times
    times["responded"] = created + timedelta(minutes=chance.expovariate(1 / 28))
    if state == State.ACCEPTED:
        return times
    times["window"] = times["responded"] + timedelta(hours=chance.expovariate(1 / 30))
    if state == State.SCHEDULED:
        return times
    times["checked_in"] = times["window"] + timedelta(minutes=chance.randrange(60))
    if state == State.IN_PROGRESS:
        return times
    times["completed"] = times["checked_in"] + timedelta(minutes=chance.randrange(20, 240))
    if state == State.COMPLETED:
        return times
    return times | {"accepted": times["completed"] + timedelta(hours=chance.expovariate(1 / 5))}


def _adcode(outlet: int, chance: random.Random) -> str:
    """Where an outlet works: most of the outlets are in a few provinces."""
    province, city = 11 + outlet % 31, 1 + outlet // 31 % 12
    return f"{province}{city:02}{1 + int(9 * chance.random() ** 2):02}"


def _make_findable(order: WorkOrderRow, line: WorkOrderLineRow, technician_id: str) -> None:
    order.search_text = finding.search_text(order.title, [line.name], order.place_name)
    order.terms = finding.terms_of(
        finding.Findable(
            ids=(order.work_order_id, order.case_id, order.customer_id, order.asset_id),
            state=order.state,
            stage=order.stage,
            source=order.source,
            customer_id=order.customer_id,
            asset_id=order.asset_id,
            team_id=order.team_id,
            outlet_id=order.outlet_id,
            place_codes=order.place_codes(),
            technician_ids=[technician_id],
            item_codes=[line.item_code],
            search_text=order.search_text,
        )
    )


def _offer(order: WorkOrderRow, technician_id: str, chance: random.Random) -> OfferRow:
    unanswered = order.state == State.OFFERED
    return OfferRow(
        offer_id=new_id("of", order.created_at),
        work_order_id=order.work_order_id,
        technician_id=technician_id,
        earning_id=new_id("ea", order.created_at),
        earning_currency="CNY",
        earning_minor=chance.randrange(5_000, 60_000),
        offered_at=order.created_at,
        offered_by_person_id="system",
        expires_at=order.created_at + timedelta(minutes=30),
        outcome=None if unanswered else "accepted",
        outcome_at=None if unanswered else order.responded_at or order.created_at,
        outcome_reason="",
        outcome_by_person_id=None if unanswered else technician_id,
    )
