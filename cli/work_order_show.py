"""Work orders on the screen: one as a card, many as a table."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table

from cli.output import facts, moment, money, place, state, table, text, time
from protos.workorder.v1 import workorder_pb2


def card(order: workorder_pb2.WorkOrder) -> list[RenderableType]:
    """A work order as its technician needs it."""
    lines = table("item", "name", "quantity")
    for line in order.lines:
        lines.add_row(line.item_code, text(line.name), str(line.quantity))
    shares = ", ".join(f"{m.technician_id} {m.share_basis_points / 100:g} %" for m in order.crew)
    head = facts(
        ("work order", f"{order.work_order_id} (revision {order.revision})"),
        ("title", text(order.title)),
        ("state", state(order)),
        ("case", order.case_id),
        ("follows from", order.parent_work_order_id),
        ("template", order.template_code),
        ("priority", _priority(order)),
        ("due", moment(order.due_at)),
        ("place", place(order.place)),
        ("floor", str(order.floor or "")),
        ("notes", text(order.notes)),
        ("owner", order.owner_id),
        ("team", order.team_id),
        ("technician", order.technician_id or order.offer.technician_id),
        ("crew", shares),
        ("earning", money(order.offer.earning_total)),
        ("offer until", time(order.offer.expires_at)),
        ("appointment", window(order)),
        ("checked in", time(order.checked_in_at)),
        ("completed", time(order.completed_at)),
        ("done", text(order.completion_summary)),
        ("rating", "★" * order.rating),
        ("completion code", order.completion_code),
        ("cancelled", text(order.cancel_reason)),
    )
    return [head, lines]


def listed(answer: workorder_pb2.ListWorkOrdersResponse) -> Table:
    """Work orders, one a row."""
    title = f"{answer.total} work orders" if answer.total else ""
    rows = table(
        "work order", "title", "state", "priority", "due", "technician", "appointment", "amount",
        title=title,
    )  # fmt: skip
    for order in answer.work_orders:
        rows.add_row(
            order.work_order_id,
            text(order.title),
            state(order),
            str(order.priority),
            moment(order.due_at),
            order.technician_id or order.offer.technician_id,
            window(order),
            money(order.offer.earning_total),
        )
    return rows


def window(order: workorder_pb2.WorkOrder) -> str:
    """When the visit is."""
    start, end = time(order.appointment.window_start), time(order.appointment.window_end)
    return f"{start[:-3]} – {end[6:-3]}" if start else ""


def _priority(order: workorder_pb2.WorkOrder) -> str:
    why = " ".join(filter(None, (order.priority_rule, text(order.priority_reason))))
    return f"{order.priority} {why}".strip()
