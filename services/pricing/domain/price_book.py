"""A price book version ready to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.pricing.domain.book import (
    BookContent,
    BookHead,
    Modifier,
    Policies,
    PricedItem,
    Promotion,
    TaxRule,
)
from services.pricing.domain.rates import RateTable, flat


class PriceBook:
    """A version; immutable."""

    def __init__(
        self,
        version: int,
        content_hash: str,
        head: BookHead,
        *,
        items: Iterable[PricedItem],
        rates: RateTable,
        modifiers: Iterable[Modifier] = (),
        promotions: Iterable[Promotion] = (),
        taxes: Iterable[TaxRule] = (),
    ) -> None:
        self.version = version
        self.content_hash = content_hash
        self.head = head
        self.items: Mapping[str, PricedItem] = {item.item_code: item for item in items}
        self.rates = rates
        self.policies = Policies(head, modifiers, promotions, taxes)

    @classmethod
    def of(cls, version: int, content_hash: str, content: BookContent) -> PriceBook:
        """Build from a content."""
        rates = RateTable(content.head.resolution_order)
        for rate in sorted(map(flat, content.rates), key=lambda r: (r.item_code, r.place_code)):
            rates.add(rate)
        rates.close()
        return cls(
            version,
            content_hash,
            content.head,
            items=content.items,
            rates=rates,
            modifiers=content.modifiers,
            promotions=content.promotions,
            taxes=content.taxes,
        )
