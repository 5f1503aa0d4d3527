"""The templates that every installation starts with; a company rewords them with PutTemplate.

A case sends ``flow`` and ``node`` (their names) and ``due_at`` with the messages about its user
tasks; a flow's own Send node gives what it likes.
"""

from services.notify.domain.template import MessageForm, Template, Variable


def _notice(
    template_code: str,
    *,
    title: str,
    body: str,
    url: str,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> Template:
    return Template(
        template_code,
        MessageForm.NOTICE_CARD,
        title,
        body,
        url,
        (
            *(Variable(name) for name in required),
            *(Variable(name, required=False) for name in optional),
        ),
    )


_OF_A_TASK = ("flow", "assignee", "due_at", "reason")

BUILTIN_TEMPLATES = (
    _notice(
        "task_assigned",
        title="待办：{{node}}",
        body="{{reason}}\n流程：{{flow}}\n负责人：{{assignee}}\n截止：{{due_at}}",
        url="/cases/{{case_id}}",
        required=("node",),
        optional=_OF_A_TASK,
    ),
    _notice(
        "task_due",
        title="即将到期：{{node}}",
        body="{{reason}}\n流程：{{flow}}\n负责人：{{assignee}}\n截止：{{due_at}}",
        url="/cases/{{case_id}}",
        required=("node",),
        optional=_OF_A_TASK,
    ),
    _notice(
        "sla_alert",
        title="超时预警：{{node}}",
        body="{{reason}}\n流程：{{flow}}\n负责人：{{assignee}}\n应完成：{{due_at}}",
        url="/cases/{{case_id}}",
        required=("node",),
        optional=_OF_A_TASK,
    ),
    _notice(
        "incident_raised",
        title="异常：{{node}}",
        body="{{reason}}\n流程：{{flow}}\n同类异常半小时内不再提醒，全部见异常列表",
        url="/incidents",
        required=("node",),
        optional=("flow", "reason"),
    ),
    _notice(
        "case_copied",
        title="抄送：{{node}}",
        body="{{reason}}\n流程：{{flow}}",
        url="/cases/{{case_id}}",
        required=("node",),
        optional=("flow", "reason"),
    ),
    _notice(
        "approval_needed",
        title="待你确认：{{node}}",
        body="{{reason}}\n# {{amount}} 金额\n流程：{{flow}}\n提交人：{{applicant}}\n截止：{{due_at}}",
        url="/cases/{{case_id}}",
        required=("node",),
        optional=("flow", "amount", "applicant", "reason", "due_at"),
    ),
    _notice(
        "work_order_offer",
        title="新工单 {{work_order}}",
        body="{{summary}}\n# {{amount}} 预计收益\n时间：{{window}}\n地点：{{place}}"
        "\n{{earning_lines}}\n答复截止：{{due_at}}",
        url="/work-orders/{{work_order}}",
        required=("work_order", "amount"),
        optional=("summary", "window", "place", "earning_lines", "due_at"),
    ),
    _notice(
        "work_order_assigned",
        title="已派给您：{{work_order}}",
        body="{{summary}}\n# {{amount}} 预计收益\n地点：{{place}}\n{{earning_lines}}",
        url="/work-orders/{{work_order}}",
        required=("work_order", "amount"),
        optional=("summary", "place", "earning_lines"),
    ),
    _notice(
        "work_order_gone",
        title="工单已转给他人：{{work_order}}",
        body="{{summary}}\n该工单不再由您处理。",
        url="/work-orders",
        required=("work_order",),
        optional=("summary",),
    ),
    _notice(
        "work_order_completed",
        title="已完工：{{work_order}}",
        body="{{summary}}\n师傅：{{technician}}\n完工：{{completed_at}}",
        url="/work-orders/{{work_order}}",
        required=("work_order",),
        optional=("summary", "technician", "completed_at"),
    ),
    _notice(
        "earning_locked",
        title="收益已锁定",
        body="# {{amount}} 本单收益\n工单：{{work_order}}\n{{earning_lines}}",
        url="/work-orders/{{work_order}}",
        required=("work_order", "amount"),
        optional=("earning_lines",),
    ),
    _notice(
        "earning_posted",
        title="收益已入账",
        body="# {{amount}} 本单收益\n工单：{{work_order}}\n{{earning_lines}}",
        url="/work-orders/{{work_order}}",
        required=("work_order", "amount"),
        optional=("earning_lines",),
    ),
    _notice(
        "follow_up_due",
        title="请回访客户",
        body="{{summary}}\n流程：{{flow}}\n完工：{{completed_at}}\n截止：{{due_at}}",
        url="/cases/{{case_id}}",
        required=(),
        optional=("flow", "summary", "completed_at", "due_at"),
    ),
    _notice(
        "anomaly_raised",
        title="异常：{{what}}",
        body="{{about}}\n请核实后确认或排除\n地区：{{where}}\n发现：{{raised_at}}\n编号：{{anomaly}}",
        url="/",
        required=("what", "anomaly"),
        optional=("about", "where", "raised_at"),
    ),
    _notice(
        "price_policy_changed",
        title="{{what}}",
        body="{{reason}}\n范围：{{where}}\n开始：{{begins_at}}\n结束：{{ends_at}}",
        url="/",
        required=("what",),
        optional=("where", "reason", "begins_at", "ends_at"),
    ),
)
