"""``PriceDraftService``: drafts of price books, and who may price locally."""

from __future__ import annotations

from services.pricing.servicer.delegations import DelegationRpcs
from services.pricing.servicer.draft_files import DraftFileRpcs
from services.pricing.servicer.draft_life import DraftLifeRpcs
from services.pricing.servicer.draft_reading import DraftReadingRpcs


class PriceDraftServicer(DraftFileRpcs, DraftLifeRpcs, DraftReadingRpcs, DelegationRpcs):
    """Drafts from the first edit to the published version."""
