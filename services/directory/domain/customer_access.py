"""Who may do what with customers and what is known of them."""

from __future__ import annotations

from typing import Final

#: Who speaks with customers: they may see personal data in clear, for a purpose.
MEETS_CUSTOMERS: Final = (
    "technician", "designer", "sales", "customer_service", "shop_manager", "outlet_manager",
    "dispatcher", "supervisor", "admin",
)  # fmt: skip
#: Who may know of customers, masked.
KNOWS_CUSTOMERS: Final = (*MEETS_CUSTOMERS, "technical_director", "finance", "hq")
#: Who keeps what is known of them: levels, contacts, addresses, consents, notes.
KEEPS_CUSTOMERS: Final = (
    "sales", "customer_service", "shop_manager", "outlet_manager", "dispatcher", "supervisor", "hq",
    "admin",
)  # fmt: skip
#: Who finds customers by what is not personal, and tags them.
TAGS_CUSTOMERS: Final = (*KEEPS_CUSTOMERS, "marketing")
#: Who takes calls, and may ask whose a number is.
TAKES_CALLS: Final = (
    "sales", "customer_service", "shop_manager", "outlet_manager", "dispatcher", "supervisor",
    "admin",
)  # fmt: skip
#: Who says that two customers are the same.
MERGES_CUSTOMERS: Final = ("customer_service", "supervisor", "hq", "admin")
#: Who brings in files of customers.
IMPORTS_CUSTOMERS: Final = ("customer_service", "supervisor", "hq", "admin")
#: Who sees the audit of reveals, and decides that personal data is destroyed.
KEEPS_PRIVACY: Final = ("hq", "admin")
#: Who may ask for that.
ASKS_SHREDDING: Final = ("customer_service", "supervisor", *KEEPS_PRIVACY)
