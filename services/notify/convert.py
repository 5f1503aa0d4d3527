"""Between the messages of ``notify.v1``, the domain and the rows."""

from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.notify.v1 import notify_pb2 as pb
from services.notify.domain.delivery import DeliveryState
from services.notify.domain.template import MessageForm, Rendered, Template, Variable
from services.notify.tables import (
    DeliveryAttemptRow,
    DeliveryRow,
    MessageRow,
    RecipientRow,
    TemplateRow,
)

CHANNEL: Final = "wecom"

_FORMS: Final = {
    pb.MESSAGE_FORM_TEXT: MessageForm.TEXT,
    pb.MESSAGE_FORM_TEXTCARD: MessageForm.TEXTCARD,
    pb.MESSAGE_FORM_NOTICE_CARD: MessageForm.NOTICE_CARD,
}
_FORMS_TO_PROTO: Final = {form: number for number, form in _FORMS.items()}
_STATES: Final = {
    pb.DELIVERY_STATE_QUEUED: DeliveryState.QUEUED,
    pb.DELIVERY_STATE_SENT: DeliveryState.SENT,
    pb.DELIVERY_STATE_FAILED: DeliveryState.FAILED,
}
_STATES_TO_PROTO: Final = {state: number for number, state in _STATES.items()}


def template_from_proto(message: pb.Template) -> Template:
    """The template somebody wrote; an unknown form is refused."""
    form = _FORMS.get(message.form)
    if form is None:
        raise InvalidArgument(
            "NOTIFY_TEMPLATE_INVALID", "choose the form of the message", field="template.form"
        )
    return Template(
        template_code=message.template_code,
        form=form,
        title=message.title,
        body=message.body,
        url=message.url,
        variables=tuple(Variable(item.name, item.required) for item in message.variables),
    )


def template_from_row(row: TemplateRow) -> Template:
    """A stored template version."""
    return Template(
        template_code=row.template_code,
        form=MessageForm(row.form),
        title=row.title,
        body=row.body,
        url=row.url,
        variables=tuple(
            Variable(str(item["name"]), bool(item["required"])) for item in row.variables
        ),
    )


def template_to_proto(row: TemplateRow) -> pb.Template:
    """A stored template version on the wire."""
    return pb.Template(
        template_code=row.template_code,
        version=row.version,
        form=_FORMS_TO_PROTO[MessageForm(row.form)],
        title=row.title,
        body=row.body,
        url=row.url,
        variables=[
            pb.TemplateVariable(name=str(item["name"]), required=bool(item["required"]))
            for item in row.variables
        ],
    )


def message_row(
    template: TemplateRow, rendered: Rendered, case_id: str, now: datetime
) -> MessageRow:
    """What will be said, as it is worded now."""
    return MessageRow(
        message_id=new_id("ms", now),
        template_code=template.template_code,
        template_version=template.version,
        form=template.form,
        title=rendered.title,
        body=rendered.body,
        url=rendered.url,
        case_id=case_id,
        queued_at=now,
    )


def delivery_row(message: MessageRow, person_id: str, urgent: bool) -> DeliveryRow:
    """A message on its way to one person, due at once."""
    return DeliveryRow(
        delivery_id=new_id("de", message.queued_at),
        message_id=message.message_id,
        recipient_person_id=person_id,
        channel=CHANNEL,
        state=DeliveryState.QUEUED,
        urgent=urgent,
        queued_at=message.queued_at,
        next_attempt_at=message.queued_at,
        last_error="",
    )


def recipient_from_event(event: events_pb2.DomainEvent) -> RecipientRow | None:
    """Where a person can be reached, if the event is about that; one who left no longer can."""
    put = directory_pb2.PersonPut()
    if not event.payload.Unpack(put):
        return None
    left = put.person.state == directory_pb2.PERSON_STATE_LEFT
    return RecipientRow(
        person_id=put.person.person_id,
        wecom_userid="" if left else put.person.wecom_userid,
        display_name=put.person.display_name,
        applied_sequence=event.aggregate_sequence,
    )


def state_from_proto(state: "pb.DeliveryState.ValueType") -> DeliveryState | None:
    """The state a list is filtered by; None for all."""
    return _STATES.get(state)


def delivery_to_proto(row: DeliveryRow) -> pb.Delivery:
    """A delivery with its message and attempts on the wire."""
    return pb.Delivery(
        delivery_id=row.delivery_id,
        message_id=row.message_id,
        recipient_person_id=row.recipient_person_id,
        channel=row.channel,
        state=_STATES_TO_PROTO[DeliveryState(row.state)],
        template_code=row.message.template_code,
        title=row.message.title,
        body=row.message.body,
        queued_at=instant_to_proto(row.queued_at),
        sent_at=instant_to_proto(row.sent_at),
        next_attempt_at=instant_to_proto(row.next_attempt_at),
        attempts=[_attempt_to_proto(attempt) for attempt in row.attempts],
        last_error=row.last_error,
        case_id=row.message.case_id,
    )


def _attempt_to_proto(row: DeliveryAttemptRow) -> pb.DeliveryAttempt:
    return pb.DeliveryAttempt(
        attempted_at=instant_to_proto(row.attempted_at),
        outcome=row.outcome,
        error_code=row.error_code,
        error_message=row.error_message,
    )
