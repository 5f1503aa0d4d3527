"""``LibraryService``: the items of both libraries."""

from __future__ import annotations

from services.pricing.servicer.item_fields import ItemFieldRpcs
from services.pricing.servicer.item_files import ItemFileRpcs
from services.pricing.servicer.items import ItemRpcs


class LibraryServicer(ItemRpcs, ItemFieldRpcs, ItemFileRpcs):
    """Items, the company's own fields of them, and files to carry them in and out."""
