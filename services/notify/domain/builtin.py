"""The templates that every installation starts with; a company rewords them with PutTemplate."""

from services.notify.domain.template import MessageForm, Template, Variable


def _optional(*names: str) -> tuple[Variable, ...]:
    return tuple(Variable(name, required=False) for name in names)


BUILTIN_TEMPLATES = (
    Template(
        "work_order_offer",
        MessageForm.NOTICE_CARD,
        title="新工单 {{work_order_id}}",
        body="{{summary}}\n# {{earning_total}} 预计收益\n时间：{{visit_window}}\n地点：{{place}}"
        "\n{{earning_lines}}",
        url="/work-orders/{{work_order_id}}",
        variables=(
            Variable("work_order_id"),
            Variable("earning_total"),
            *_optional("summary", "visit_window", "place", "earning_lines"),
        ),
    ),
    Template(
        "approval_needed",
        MessageForm.NOTICE_CARD,
        title="待你确认：{{subject}}",
        body="{{reason}}\n# {{amount}} 金额\n提交人：{{applicant}}\n截止：{{due_at}}",
        url="/cases/{{case_id}}",
        variables=(Variable("subject"), *_optional("amount", "applicant", "reason", "due_at")),
    ),
    Template(
        "sla_alert",
        MessageForm.NOTICE_CARD,
        title="超时预警：{{subject}}",
        body="{{reason}}\n负责人：{{assignee}}\n应完成：{{due_at}}\n已等待：{{waited}}",
        url="/cases/{{case_id}}",
        variables=(Variable("subject"), *_optional("assignee", "due_at", "waited", "reason")),
    ),
    Template(
        "work_order_completed",
        MessageForm.NOTICE_CARD,
        title="已完工：{{work_order_id}}",
        body="{{summary}}\n师傅：{{technician}}\n完工：{{completed_at}}",
        url="/work-orders/{{work_order_id}}",
        variables=(
            Variable("work_order_id"),
            *_optional("summary", "technician", "completed_at"),
        ),
    ),
    Template(
        "earning_locked",
        MessageForm.NOTICE_CARD,
        title="收益已锁定：{{work_order_id}}",
        body="# {{earning_total}} 本单收益\n{{earning_lines}}",
        url="/work-orders/{{work_order_id}}",
        variables=(
            Variable("work_order_id"),
            Variable("earning_total"),
            *_optional("earning_lines"),
        ),
    ),
    Template(
        "follow_up_due",
        MessageForm.NOTICE_CARD,
        title="请回访客户：{{subject}}",
        body="{{summary}}\n完工：{{completed_at}}\n回访截止：{{due_at}}",
        url="/cases/{{case_id}}",
        variables=(Variable("subject"), *_optional("summary", "completed_at", "due_at")),
    ),
)
