"""Customers and what happened with them, as rows."""

from datetime import datetime

from services.directory.tables.customers import CustomerRow
from services.directory.tables.interactions import InteractionRow
from tests.store.directory.conftest import NOW


def customer(customer_id: str, **changes: object) -> CustomerRow:
    return CustomerRow(
        **{
            "customer_id": customer_id,
            "customer_type": "person",
            "customer_level": "standard",
            "registered_at": NOW,
            "registered_by_person_id": "pe_1",
            **changes,
        }
    )


def interaction(
    customer_id: str, number: int, occurred_at: datetime = NOW, **changes: object
) -> InteractionRow:
    return InteractionRow(
        **{
            "interaction_id": f"it_{customer_id}_{number:04}",
            "customer_id": customer_id,
            "interaction_kind": "call",
            "occurred_at": occurred_at,
            "source": "wecom",
            "source_id": f"{customer_id}/{number}",
            "source_revision": 0,
            "title": f"来电 {number}",
            "title_en": "",
            "subject": "",
            "progress": "",
            "is_open": False,
            "office_only": False,
            "case_id": "",
            "work_order_id": "",
            "recorded_at": NOW,
            "recorded_by_person_id": "pe_1",
            **changes,
        }
    )
