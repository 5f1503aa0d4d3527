"""What a field-work node gives its child workflow and what it gets back, in the language's types."""

from __future__ import annotations

from typing import Final

from workflows.language.types import INT, STRING, TIMESTAMP, Field, Record

#: A flow gives these under the node's ``input``. The child reads the work order and the quote
#: itself; only references travel.
FIELD_WORK_INPUT: Final = Record(
    (
        Field("work_order_id", STRING),
        Field("quote_id", STRING),
        Field("offer_minutes", INT, optional=True),
        Field("max_offers", INT, optional=True),
        Field("offers_at_once", INT, optional=True),
        Field("outlet_id", STRING, optional=True),
        Field("team_id", STRING, optional=True),
        Field("when_nobody", STRING, optional=True),
    ),
    "field_work.Input",
)

#: ``FieldWorkEnded.output`` of a completed field work.
FIELD_WORK_OUTPUT: Final = Record(
    (
        Field("work_order_id", STRING),
        Field("technician_id", STRING),
        Field("earning_id", STRING),
        Field("completed_at", TIMESTAMP),
    ),
    "field_work.Output",
)
