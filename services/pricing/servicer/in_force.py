"""What is in force at an instant, asked once for all quotes that are computed from it."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.clock import Clock
from kit.db.session import current_session
from services.pricing.convert.quotes import Asked
from services.pricing.domain.price_book import PriceBook
from services.pricing.index import Shelf
from services.pricing.servicer.asked_once import AskedOnce
from services.pricing.servicer.loading import book_of
from services.pricing.servicer.present_policies import PresentPolicies
from services.pricing.store import books


class InForce:
    """The price books and policies as they are known at an instant.

    Attributes:
        at: the instant; quotes that name none of their own are priced at it.
    """

    def __init__(self, shelf: Shelf, at: datetime) -> None:
        self.at = at
        self.policies = PresentPolicies()
        self._shelf = shelf
        self._books = AskedOnce[tuple[str, datetime, datetime], PriceBook]()

    async def book(self, asked: Asked) -> PriceBook:
        """The version of the book of a quote that is in force when it is priced.

        Raises:
            NotFound: ``PRICING_BOOK_UNKNOWN``.
            FailedPrecondition: ``PRICING_BOOK_NOT_IN_FORCE``.
        """
        wanted = asked.price_book_code, asked.at, asked.known_at

        async def ask() -> PriceBook:
            version = await books.version_in_force(
                current_session(), *wanted, "facts.price_book_code"
            )
            return await book_of(self._shelf, version)

        return await self._books.get(wanted, ask)


class Lately:
    """What previews are computed from: what was in force a moment ago, so that not each of them asks.

    A preview is a true quote of that moment, and says so (``priced_at``); quotes that are kept are of
    the present.
    """

    def __init__(self, shelf: Shelf, clock: Clock, moment: timedelta) -> None:
        self._shelf = shelf
        self._clock = clock
        self._moment = moment
        self._last: InForce | None = None

    def in_force(self) -> InForce:
        """As of at most a moment ago."""
        now, last = self._clock.now(), self._last
        if last is None or not last.at <= now < last.at + self._moment:
            last = self._last = InForce(self._shelf, now)
        return last
