"""What states, verbs and kinds are called by people, in both languages; pages and command line."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import Message

#: By the enum value's name or the contract's word: 中文, English.
WORDS: Final[dict[str, tuple[str, str]]] = {
    "CASE_STATE_RUNNING": ("进行中", "running"),
    "CASE_STATE_COMPLETED": ("已完成", "completed"),
    "CASE_STATE_CANCELLED": ("已取消", "cancelled"),
    "CASE_STATE_FAILED": ("未成功", "failed"),
    "CASE_STATE_INCIDENT": ("异常待处理", "incident"),
    "NODE_PROGRESS_ACTIVE": ("进行中", "active"),
    "NODE_PROGRESS_DONE": ("已完成", "done"),
    "WORK_ORDER_STATE_CREATED": ("待派单", "created"),
    "WORK_ORDER_STATE_OFFERED": ("待接单", "offered"),
    "WORK_ORDER_STATE_ACCEPTED": ("已接单", "accepted"),
    "WORK_ORDER_STATE_SCHEDULED": ("已预约", "scheduled"),
    "WORK_ORDER_STATE_IN_PROGRESS": ("服务中", "in progress"),
    "WORK_ORDER_STATE_COMPLETED": ("待验收", "completed"),
    "WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER": ("已验收", "accepted by customer"),
    "WORK_ORDER_STATE_CANCELLED": ("已取消", "cancelled"),
    "EARNING_STATE_ESTIMATED": ("预估", "estimated"),
    "EARNING_STATE_LOCKED": ("已锁定", "locked"),
    "EARNING_STATE_PAYABLE": ("可提现", "payable"),
    "EARNING_STATE_PAYING": ("打款中", "paying"),
    "EARNING_STATE_PAID": ("已到账", "paid"),
    "EARNING_STATE_CANCELLED": ("已取消", "cancelled"),
    "EARNING_STATE_REVERSED": ("已冲正", "reversed"),
    "LEDGER_TRANSFER_STATE_PENDING": ("待入账", "pending"),
    "LEDGER_TRANSFER_STATE_POSTED": ("已入账", "posted"),
    "LEDGER_TRANSFER_STATE_VOIDED": ("作废", "voided"),
    "DELIVERY_STATE_QUEUED": ("待发送", "queued"),
    "DELIVERY_STATE_SENT": ("已送达", "sent"),
    "DELIVERY_STATE_FAILED": ("发送失败", "failed"),
    "CATALOGUE_PROJECT_LIBRARY": ("项目库", "project library"),
    "CATALOGUE_SPARE_PART_LIBRARY": ("备件库", "spare-part library"),
    "PERSON_STATE_ACTIVE": ("在职", "active"),
    "PERSON_STATE_LEFT": ("离职", "left"),
    "CUSTOMER_TYPE_PERSON": ("个人", "person"),
    "CUSTOMER_TYPE_SHOP": ("门店", "shop"),
    "CUSTOMER_TYPE_COMPANY": ("企业", "company"),
    "claim": ("签收", "claim"),
    "release": ("退回待领", "release"),
    "complete": ("提交", "complete"),
    "approve": ("同意", "approve"),
    "reject": ("驳回", "send back"),
    "transfer": ("转办", "transfer"),
    "urge": ("催办", "urge"),
    "comment": ("评论", "comment"),
    "cancel": ("取消", "cancel"),
    "start": ("发起", "start"),
    "accept": ("接单", "accept"),
    "decline": ("拒单", "decline"),
    "schedule": ("预约上门", "make the appointment"),
    "check_in": ("签到", "check in"),
    "offer": ("派单", "offer"),
    "visit": ("上门", "visit"),
    "technician": ("师傅", "technician"),
    "outlet_manager": ("网点负责人", "outlet manager"),
    "supervisor": ("主管", "supervisor"),
    "finance": ("财务", "finance"),
    "hq": ("总部", "headquarters"),
    "agent": ("代理商", "agent"),
    "shop_manager": ("门店经理", "shop manager"),
    "customer_service": ("客服", "customer service"),
    "sales": ("销售顾问", "sales consultant"),
    "designer": ("设计师", "designer"),
    "technical_director": ("技术总监", "technical director"),
    "warehouse": ("仓管", "warehouse"),
    "marketing": ("市场", "marketing"),
    "dispatcher": ("调度", "dispatcher"),
    "pricing_manager": ("价格管理", "pricing manager"),
    "ops": ("运维", "operations"),
    "admin": ("管理员", "administrator"),
    "customer": ("客户", "customer"),
    "presale": ("售前", "pre-sale"),
    "install": ("安装", "installation"),
    "aftersale": ("售后", "after-sale"),
    "base": ("基础费", "base fee"),
    "quantity": ("数量", "quantity"),
    "premium": ("溢价", "premium"),
    "coefficient": ("系数", "coefficient"),
    "surcharge": ("附加费", "surcharge"),
    "subsidy": ("补贴", "subsidy"),
    "deduction": ("扣款", "deduction"),
    "outlet": ("网点", "outlet"),
    "platform": ("平台", "platform"),
    "form": ("表单", "form"),
    "approval": ("审批", "approval"),
    "confirm": ("客户确认", "customer confirms"),
    "service": ("服务", "service"),
    "field_work": ("上门服务", "field work"),
    "wait": ("等待", "wait"),
    "decision": ("判断", "decision"),
    "parallel": ("并行", "parallel"),
    "for_each": ("逐个办理", "for each"),
    "subflow": ("子流程", "subflow"),
    "person": ("指定人员", "a named person"),
    "leader": ("上级", "the leader"),
    "previous": ("前处理人", "whoever handled it before"),
    "end": ("结束", "end"),
}


def word(term: str, language: str = "zh") -> str:
    """What people call it; a term that is not here stays as it is."""
    chinese, english = WORDS.get(term, (term, term))
    return english if language == "en" else chinese


def enum_term(message: Message, field: str) -> str:
    """The name of the value that an enum field has."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None, f"{field} is no enum"
    name: str = enum.values_by_number[getattr(message, field)].name
    return name
