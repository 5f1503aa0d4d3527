"""The desk of work orders: made from templates, changed, linked, shared, handed over, counted.

Its paths stand before those of the technicians' acts, which take any verb.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import orders_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_DESK: Final = "workorder.v1.WorkOrderDeskService"
_ORDERS: Final = "workorder.v1.WorkOrderService"

_PLACE: Final = {
    "adcode": "110105",
    "adcode_path": ["110105", "110100", "110000", "CN-NORTH", "CN"],
    "place_name": "北京市朝阳区",
}
_TEMPLATE: Final = {
    "label": "空调安装",
    "label_en": "Air conditioner installation",
    "stage": "install",
    "title": "标准空调安装",
    "lines": [{"item_code": "aircon_standard", "name": "标准空调安装", "quantity": 1}],
    "required_skills": ["aircon_install"],
    "required_fields": ["address_id", "floor"],
    "due_within_minutes": 2880,
    "questions": [{"question": "包含打孔吗?", "answer": "一个孔免费"}],
}
_CREATION: Final = {
    "template_code": "aircon_install",
    "customer_id": "cu_…",
    "address_id": "ad_…",
    "place": _PLACE,
    "floor": 7,
    "source": "WORK_ORDER_SOURCE_SHOP",
    "source_ref": "SO-20261111-0042",
}
_RULES: Final = {
    "rules_version": 0,
    "rules": [
        {
            "rule_code": "leak_first",
            "reason": "漏水优先",
            "condition": {"stages": ["aftersale"], "keywords": ["漏水"]},
            "priority": 1,
        }
    ],
    "reason": "雨季",
}
_LINK: Final = {
    "link_kind": "WORK_ORDER_LINK_KIND_REWORK",
    "reason": "三天后又漏水",
    "blamed_party": "LINK_BLAME_TECHNICIAN",
}
_CREW: Final = {
    "crew": [
        {"technician_id": "pe_zhang", "share_basis_points": 6000},
        {"technician_id": "pe_wang", "share_basis_points": 4000},
    ]
}

templates = APIRouter(prefix="/work-order-templates", tags=["work-orders 工单"])
expose(templates, "GET", "", f"{_DESK}/ListWorkOrderTemplates", "Templates of work orders")
expose(
    templates,
    "GET",
    "/{template_code}",
    f"{_DESK}/GetWorkOrderTemplate",
    "One template, in its newest version or another",
)
expose(
    templates,
    "PUT",
    "/{template_code}",
    f"{_DESK}/PutWorkOrderTemplate",
    "The next version of a template",
    body="template",
    example=_TEMPLATE,
)
expose(
    templates,
    "POST",
    "/{template_code}/retirement",
    f"{_DESK}/RetireWorkOrderTemplate",
    "Nothing more is made from it",
)

intake_rules = APIRouter(prefix="/intake-rules", tags=["work-orders 工单"])
expose(
    intake_rules, "GET", "", f"{_DESK}/GetIntakeRules", "What says how urgent work is, and whose"
)
expose(
    intake_rules,
    "PUT",
    "",
    f"{_DESK}/PutIntakeRules",
    "All rules anew, as the next version",
    body="rules",
    example=_RULES,
)

work_orders = APIRouter(prefix="/work-orders", tags=["work-orders 工单"])
expose(
    work_orders,
    "POST",
    "",
    f"{_ORDERS}/CreateWorkOrder",
    "A work order, from a template in one tap",
    example=_CREATION,
)
expose(
    work_orders,
    "PATCH",
    "/{work_order_id}",
    f"{_DESK}/ChangeWorkOrder",
    "Change what is said of the work",
    example={"floor": 9, "reason": "客户更正楼层", "expected_revision": 1},
)
expose(
    work_orders,
    "PUT",
    "/{work_order_id}/priority",
    f"{_DESK}/SetPriority",
    "Set the priority; no rule changes it any more",
    example={"priority": 1, "reason": "老人独居"},
)
expose(
    work_orders,
    "POST",
    "/{work_order_id}/priority-evaluation",
    f"{_DESK}/ReevaluatePriority",
    "Have the rules say the priority again",
)
expose(
    work_orders,
    "POST",
    "/{parent_work_order_id}/linked",
    f"{_DESK}/CreateLinkedWorkOrder",
    "A second visit, a rework, or a part of it",
    example=_LINK,
)
expose(
    work_orders,
    "PUT",
    "/{work_order_id}/crew",
    f"{_DESK}/SetCrew",
    "Who share the work, the one who took it first",
    example=_CREW,
)
expose(
    work_orders,
    "POST",
    "/{work_order_id}/release",
    f"{_DESK}/ReleaseWorkOrder",
    "Who took it does not do it after all",
    example={"release_code": "technician_ill", "reason": "发烧"},
)
expose(
    work_orders,
    "POST",
    "/{work_order_id}/cancellation",
    f"{_ORDERS}/CancelWorkOrder",
    "Call it off",
    example={"cancel_code": "duplicate", "reason": "与另一张重复"},
)
expose(
    work_orders,
    "POST",
    "/{work_order_id}/hand-over",
    f"{_DESK}/HandOverWorkOrder",
    "Ask another team to take it over",
    example={"to_team_id": "tm_repair_bj", "reason": "需要维修"},
)
expose(
    work_orders,
    "GET",
    "/{work_order_id}/changes",
    f"{_DESK}/ListWorkOrderChanges",
    "Who did what to it, when and why",
)
expose(
    work_orders,
    "GET",
    "/{work_order_id}/suggestions",
    f"{_DESK}/SuggestSolutions",
    "What helped before, and why it is suggested",
)

hand_overs = APIRouter(prefix="/team-hand-overs", tags=["work-orders 工单"])
expose(hand_overs, "GET", "", f"{_DESK}/ListHandOvers", "Work orders on their way between teams")
expose(
    hand_overs,
    "POST",
    "/{hand_over_id}/answer",
    f"{_DESK}/AnswerHandOver",
    "Take it over, or send it back",
    example={"accept": True},
)
expose(
    hand_overs,
    "POST",
    "/{hand_over_id}/withdrawal",
    f"{_DESK}/WithdrawHandOver",
    "Ask no more",
    example={"reason": "已自行解决"},
)

boards = APIRouter(tags=["work-orders 工单"])
expose(
    boards, "GET", "/work-order-board", f"{_DESK}/GetBoard", "How many stand where, and are stuck"
)
expose(
    boards,
    "GET",
    "/service-figures",
    f"{_DESK}/GetServiceFigures",
    "How fast and how well work goes",
)
expose(
    boards,
    "GET",
    "/arrival-forecast",
    f"{_DESK}/ForecastArrivals",
    "The hours to come, and their peaks",
)

ROUTERS: Final = (templates, intake_rules, work_orders, hand_overs, boards)
