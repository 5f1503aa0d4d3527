"""`gongdan notify`: messages, and how far they got."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, state, table, tell, text, time
from cli.verb import api, noun, verb
from protos.notify.v1 import notify_pb2

app = noun("notify", "Messages 通知: what was sent to whom, and whether it arrived.")


@verb(app, "list")
def list_deliveries(
    person: Annotated[str, typer.Option(help="Only to this person")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
) -> None:
    """Deliveries, newest first."""
    query = {"recipient_person_id": person, "case_id": case}
    tell(api().get("/deliveries", notify_pb2.ListDeliveriesResponse, **query), deliveries_table)


@verb(app)
def show(delivery: Annotated[str, typer.Argument()]) -> None:
    """One delivery with every attempt."""

    def shown(found: notify_pb2.Delivery) -> list[RenderableType]:
        head = facts(
            ("delivery", found.delivery_id),
            ("to", found.recipient_person_id),
            ("channel", found.channel),
            ("state", state(found)),
            ("title", text(found.title)),
            ("body", text(found.body)),
            ("last error", text(found.last_error)),
        )
        rows = table("attempted", "outcome", "code", "message")
        for attempt in found.attempts:
            rows.add_row(
                time(attempt.attempted_at),
                attempt.outcome,
                str(attempt.error_code or ""),
                text(attempt.error_message),
            )
        return [head, rows]

    tell(api().get(f"/deliveries/{part(delivery)}", notify_pb2.Delivery), shown)


def deliveries_table(answer: notify_pb2.ListDeliveriesResponse) -> RenderableType:
    """Messages as a list."""
    rows = table("delivery", "queued", "to", "title", "body", "state")
    for delivery in answer.deliveries:
        rows.add_row(
            delivery.delivery_id,
            time(delivery.queued_at),
            delivery.recipient_person_id,
            text(delivery.title),
            text(delivery.body),
            state(delivery),
        )
    return rows
