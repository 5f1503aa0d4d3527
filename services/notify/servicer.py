"""``notify.v1``: templates, sending into the outbox, and the ledger of deliveries."""

from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.errors import NotFound
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.notify.v1 import notify_pb2 as pb
from protos.notify.v1 import notify_pb2_grpc
from services.notify import convert, store
from services.notify.domain.audience import audience
from services.notify.domain.naming import possible_person_ids, with_names
from services.notify.tables import TemplateRow

Context = ServicerContext[Any, Any]


class NotifyServicer(notify_pb2_grpc.NotifyServiceServicer):
    """Queues messages and tells what became of them; the sender delivers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def PutTemplate(self, request: pb.PutTemplateRequest, context: Context) -> pb.Template:
        current_actor().require_role("admin", "ops")
        template = convert.template_from_proto(request.template)
        template.check()
        return convert.template_to_proto(await store.add_template(template, self._clock.now()))

    async def ListTemplates(
        self, request: pb.ListTemplatesRequest, context: Context
    ) -> pb.ListTemplatesResponse:
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.list_newest_templates(after, size + 1)
        shown = rows[:size]
        return pb.ListTemplatesResponse(
            templates=[convert.template_to_proto(row) for row in shown],
            page=page_info([row.template_code for row in rows], size),
        )

    async def Send(self, request: pb.SendRequest, context: Context) -> pb.SendResponse:
        current_actor().require_role("admin", "ops")
        template = await _template(request.template_code)
        names = await store.display_names(possible_person_ids(request.variables.values()))
        given = {"case_id": request.case_id, **with_names(request.variables, names)}
        rendered = convert.template_from_row(template).fill(given)
        urgent = request.urgency == pb.URGENCY_URGENT
        message = convert.message_row(template, rendered, request.case_id, self._clock.now())
        deliveries = {
            person_id: convert.delivery_row(message, person_id, urgent)
            for person_id in audience(request.recipient_person_ids)
        }
        store.queue(message, list(deliveries.values()))
        return pb.SendResponse(
            message_id=message.message_id,
            delivery_ids=[deliveries[one].delivery_id for one in request.recipient_person_ids],
        )

    async def GetDelivery(self, request: pb.GetDeliveryRequest, context: Context) -> pb.Delivery:
        current_actor().require_role("admin", "ops", "supervisor")
        row = await store.get_delivery(request.delivery_id)
        if row is None:
            raise NotFound(
                "NOTIFY_DELIVERY_UNKNOWN",
                f"there is no delivery {request.delivery_id!r}",
                field="delivery_id",
            )
        return convert.delivery_to_proto(row)

    async def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: Context
    ) -> pb.ListDeliveriesResponse:
        current_actor().require_role("admin", "ops", "supervisor")
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = store.DeliveryFilter(
            recipient_person_id=request.recipient_person_id,
            case_id=request.case_id,
            state=convert.state_from_proto(request.state),
        )
        rows = await store.list_deliveries(wanted, before, size + 1)
        shown = rows[:size]
        return pb.ListDeliveriesResponse(
            deliveries=[convert.delivery_to_proto(row) for row in shown],
            page=page_info([row.delivery_id for row in rows], size),
        )


class RecipientProjection(events_pb2_grpc.ProjectionServiceServicer):
    """Keeps where people can be reached, from the directory's events."""

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Context
    ) -> events_pb2.ApplyEventsResponse:
        current_actor().require_role("ops")
        people = filter(None, map(convert.recipient_from_event, request.events))
        applied = [await store.put_recipient(person) for person in people]
        return events_pb2.ApplyEventsResponse(applied_count=sum(applied))


async def _template(template_code: str) -> TemplateRow:
    row = await store.newest_template(template_code)
    if row is None:
        raise NotFound(
            "NOTIFY_TEMPLATE_UNKNOWN",
            f"there is no template {template_code!r}; ListTemplates names them",
            field="template_code",
        )
    return row
