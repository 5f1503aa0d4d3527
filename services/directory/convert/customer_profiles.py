"""What is known of customers beside how they were registered, between messages and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import customer_pb2 as pb
from services.directory.convert.customers import HeldData
from services.directory.domain.merging import undo_until
from services.directory.tables.customers import (
    ContactLinkRow,
    CustomerMergeRow,
    CustomerTagRow,
    MessageConsentRow,
)

_CHANNELS: Final = {
    "wecom": pb.MESSAGE_CHANNEL_WECOM,
    "sms": pb.MESSAGE_CHANNEL_SMS,
    "phone": pb.MESSAGE_CHANNEL_PHONE,
    "email": pb.MESSAGE_CHANNEL_EMAIL,
}
_CHANNELS_FROM_PROTO: Final = {number: name for name, number in _CHANNELS.items()}


def channel_from_proto(wanted: pb.MessageChannel.ValueType) -> str:
    """A channel of messages; empty: it is not said."""
    return _CHANNELS_FROM_PROTO.get(wanted, "")


def contacts_to_proto(
    links: Sequence[ContactLinkRow], spoken_for: Mapping[str, Sequence[str]], held: HeldData
) -> list[pb.Contact]:
    """Who speaks for a customer, each once, masked."""
    first = {link.contact_id: link for link in reversed(links)}
    return [
        pb.Contact(
            contact_id=link.contact_id,
            name_masked=held[link.contact_id, "name"].name_masked,
            phone_masked=held[link.contact_id, "phone"].phone_masked,
            name_ref=held[link.contact_id, "name"].reference,
            phone_ref=held[link.contact_id, "phone"].reference,
            contact_role=link.contact_role,
            preferred=link.preferred,
            customer_ids=spoken_for[link.contact_id],
        )
        for link in links
        if first[link.contact_id] is link
    ]


def tags_to_proto(rows: Iterable[CustomerTagRow]) -> list[pb.CustomerTag]:
    """The tags of a customer and of those merged into them, each once."""
    first: dict[str, CustomerTagRow] = {}
    for row in rows:
        first.setdefault(row.tag, row)
    return [
        pb.CustomerTag(
            tag=row.tag,
            tag_source=row.tag_source,
            tagged_at=instant_to_proto(row.tagged_at),
            tagged_by_person_id=row.tagged_by_person_id,
        )
        for row in first.values()
    ]


def consent_to_proto(row: MessageConsentRow) -> pb.MessageConsent:
    """What a customer said about messages of a channel."""
    return pb.MessageConsent(
        message_channel=_CHANNELS[row.message_channel],
        allowed=row.allowed,
        remark=row.remark,
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
    )


def merge_to_proto(row: CustomerMergeRow) -> pb.CustomerMerge:
    """A merge, and until when it can be undone."""
    return pb.CustomerMerge(
        merge_id=row.merge_id,
        survivor_customer_id=row.survivor_customer_id,
        merged_customer_id=row.merged_customer_id,
        reason=row.reason,
        merged_at=instant_to_proto(row.merged_at),
        merged_by_person_id=row.merged_by_person_id,
        undo_until=instant_to_proto(undo_until(row.merged_at)),
        undone_at=instant_to_proto(row.undone_at),
        undone_by_person_id=row.undone_by_person_id or "",
        undo_reason=row.undo_reason or "",
    )
