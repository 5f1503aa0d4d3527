"""A company of a million cases: what its cases, user tasks and acts look like, drawn from a seed."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from kit.ids import new_id
from workflows.cases.finding import NEVER, make_findable, task_terms
from workflows.cases.tables import CaseRow, UserTaskRow

NOW: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_TWO_YEARS: Final = timedelta(days=730)
_STAGES: Final = ("presale", "install", "aftersale")
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
_RUNNING, _COMPLETED, _CANCELLED, _INCIDENT, _FAILED = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Company:
    """How large everything is.

    Attributes:
        patterns: cases that are drawn, three of ten of which go on; the rest are like them.
        alike: how many are like each pattern, itself among them.
    """

    patterns: int = 100_000
    alike: int = 10
    flows: int = 40
    versions: int = 5
    nodes: int = 12
    people: int = 2_000
    customers: int = 60_000
    seed: int = 20_260_302

    @property
    def spacing(self) -> timedelta:
        """Between the starts of two cases."""
        return _TWO_YEARS / (self.patterns * self.alike)

    @property
    def flow_codes(self) -> list[str]:
        """Every flow; the first have the most cases."""
        return [f"flow_{number:02}" for number in range(self.flows)]

    def rows(self) -> Iterator[tuple[CaseRow, UserTaskRow | None]]:
        """Every pattern, the oldest first, with its open user task if it has one."""
        chance = random.Random(self.seed)
        weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(self.flows)))
        for number in range(self.patterns):
            flow = bisect.bisect(weights, chance.random() * weights[-1])
            yield self._case(number, flow, chance)

    def _case(
        self, number: int, flow: int, chance: random.Random
    ) -> tuple[CaseRow, UserTaskRow | None]:
        age = number / self.patterns
        started = NOW - _TWO_YEARS * (1 - age)
        flow_code = f"flow_{flow:02}"
        # The newest go on, and some that are very old.
        goes_on = chance.random() < (0.85 if age > 0.75 else 0.12)
        state = _INCIDENT if chance.random() < 0.01 else _RUNNING
        if not goes_on:
            state = chance.choices((_COMPLETED, _CANCELLED, _FAILED), (94, 5, 1))[0]
        stands = min(int(chance.random() * self.nodes), self.nodes - 1)
        case_id = new_id("ca", started)
        changed = min(started + timedelta(hours=chance.expovariate(1 / 200)), NOW)
        case = CaseRow(
            case_id=case_id,
            workflow_id=f"case:{case_id}",
            run_id="0198f7a2-5a3e-7c1d-9f00-000000000000",
            revision=stands + 1,
            flow_code=flow_code,
            flow_version=1 + int(age * self.versions),
            plan_hash="5" * 64,
            calendar_hash="c" * 64,
            title=_title(chance),
            stage=_STAGES[stands * len(_STAGES) // self.nodes],
            state=state,
            region_adcode=_adcode(chance),
            customer_id=f"cu_{chance.randrange(self.customers):06}",
            started_at=started,
            started_by_person_id=self._person(chance),
            parent_case_id="",
            changed_at=changed,
            ended_at=None if goes_on else changed,
            nodes=_nodes(stands, started, changed, goes_on),
            waiting_for=[],
            incident="PRICING_TIER_MISSING: 该区域没有价目" if state == _INCIDENT else "",
            allowances=[{"verbs": ["cancel"], "roles": ["ops", "supervisor"]}],
            withdrawal_node="",
            priority=None,
            priorities=[],
            calendar_code="service_hours",
            calendar_version=1,
            data={"intake": {"needs": "装一台挂机" * 20, "floor": stands}},
        )
        task = self._task(case, stands, chance) if goes_on else None
        make_findable(case, [task] if task else [], self._doers(chance), ())
        return case, task

    def _task(self, case: CaseRow, stands: int, chance: random.Random) -> UserTaskRow | None:
        if chance.random() < 0.03:
            return None  # waits for a timer or an event
        node = f"node_{stands:02}"
        held = chance.random() < 0.5
        pool = (stands * 7 + int(case.flow_code[-2:])) % 40
        people = [f"pe_{pool * 8 + each:04}" for each in range(8)]
        due = NOW + timedelta(hours=chance.gauss(30, 40)) if chance.random() < 0.7 else None
        assignee = chance.choice(people) if held else ""
        return UserTaskRow(
            workflow_id=case.workflow_id,
            user_task_id=f"{node}/1",
            case_id=case.case_id,
            node=node,
            title=_node_title(stands),
            stage=case.stage,
            user_task_kind=("form", "approval", "confirm")[stands % 3],
            assignee_person_id=assignee,
            candidate_person_ids=people,
            candidate_role="customer_service",
            verbs=["claim", "complete", "transfer", "urge", "comment"],
            revision=1,
            opened_at=case.changed_at,
            respond_due_at=None,
            complete_due_at=due,
            due_provisional=False,
            form_schema_json=_FORM,
            context={"case_title": case.title},
            substitutions=[],
            delegations=[],
            signers=[],
            votes_needed=0,
            pause={"reason": "parts", "blamed_party": "warehouse"} if stands == 5 else None,
            allowances=[{"verbs": ["claim", "complete"], "person_ids": people}],
            priority_rank=0,
            flow_code=case.flow_code,
            terms=task_terms(case.flow_code, node, case.stage, "form"),
            # What the database makes of the others, for the case's own terms.
            open_to_person_ids=[assignee] if assignee else people,
            due_at=due or NEVER,
        )

    def _person(self, chance: random.Random) -> str:
        return f"pe_{int(self.people * chance.random() ** 2):04}"

    def _doers(self, chance: random.Random) -> set[str]:
        return {self._person(chance) for _ in range(3)}


def _title(chance: random.Random) -> str:
    return f"{chance.choice(_ROOMS)}{chance.choice(_GOODS)}{chance.choice(_WORK)}"


def _adcode(chance: random.Random) -> str:
    province = 11 + int(40 * chance.random() ** 2)
    return f"{province}{1 + int(8 * chance.random() ** 2):02}{1 + int(10 * chance.random()):02}"


@cache
def _node_title(number: int) -> str:
    return f"第{number + 1}步{_WORK[number % len(_WORK)]}"


def _nodes(
    stands: int, started: datetime, changed: datetime, goes_on: bool
) -> list[dict[str, Any]]:
    step = (changed - started) / (stands + 1)
    nodes: list[dict[str, Any]] = []
    for number in range(stands + 1):
        active = goes_on and number == stands
        node: dict[str, Any] = {
            "node": f"node_{number:02}",
            "title": _node_title(number),
            "progress": f"NODE_PROGRESS_{'ACTIVE' if active else 'DONE'}",
            "visit": 1,
            "handled_by_person_id": f"pe_{number:04}",
            "entered_at": (started + step * number).isoformat(),
        }
        nodes.append(
            node if active else node | {"left_at": (started + step * (number + 1)).isoformat()}
        )
    return nodes


_FORM: Final = (
    '{"type":"object","properties":{'
    + ",".join(
        f'"field_{number}":{{"type":"string","title":"字段{number}","maxLength":200}}'
        for number in range(12)
    )
    + "}}"
)
