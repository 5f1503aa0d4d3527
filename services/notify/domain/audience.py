"""Who a message is for."""

from collections.abc import Sequence

from kit.errors import InvalidArgument

_MAX_RECIPIENTS = 1000


def audience(person_ids: Sequence[str]) -> tuple[str, ...]:
    """The people to write to, each once, in the order asked.

    Raises:
        InvalidArgument: ``NOTIFY_RECIPIENT_MISSING`` or ``NOTIFY_RECIPIENTS_TOO_MANY``.
    """
    for index, person_id in enumerate(person_ids):
        if not person_id.strip():
            raise InvalidArgument(
                "NOTIFY_RECIPIENT_MISSING",
                "a recipient is a directory person id, not an empty text",
                field=f"recipient_person_ids[{index}]",
            )
    if not person_ids:
        raise InvalidArgument(
            "NOTIFY_RECIPIENT_MISSING",
            "name at least one person to write to",
            field="recipient_person_ids",
        )
    if len(person_ids) > _MAX_RECIPIENTS:
        raise InvalidArgument(
            "NOTIFY_RECIPIENTS_TOO_MANY",
            f"one message goes to at most {_MAX_RECIPIENTS} people; split the list",
            field="recipient_person_ids",
        )
    return tuple(dict.fromkeys(person_ids))
