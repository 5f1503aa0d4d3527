"""The access token of one app: fetched when needed, refreshed once for all who find it stale."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from kit.clock import Clock
from services.notify.wecom.errors import PAUSES, WecomRefusal, WecomUnclear, WecomUnreachable

#: Gives a token and the seconds it lives.
Fetch = Callable[[], Awaitable[tuple[str, int]]]

_EARLY_SECONDS: Final = 300
_SPREAD_SECONDS: Final = 60
_PAUSE_AFTER_FAILURE: Final = timedelta(seconds=10)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class TokenCache:
    """Holds one app's token; two apps have two caches, since a token speaks for one app only."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._refreshing = asyncio.Lock()
        self._token = ""
        self._good_until = _LONG_AGO
        self._failure: Exception | None = None
        self._no_fetch_before = _LONG_AGO

    async def get(self) -> str:
        """A token that is good as far as we know."""
        if self._token and self._clock.now() < self._good_until:
            return self._token
        return await self.refresh(self._token)

    async def refresh(self, stale: str) -> str:
        """Another token than the stale one: whoever comes first fetches it, the rest use it.

        Raises:
            WecomRefusal: no token is given to us; repeated without asking for a while.
            WecomUnreachable: WeCom did not answer.
        """
        async with self._refreshing:
            if self._token != stale and self._clock.now() < self._good_until:
                return self._token
            if self._failure is not None and self._clock.now() < self._no_fetch_before:
                raise self._failure
            self._token = ""
            try:
                self._token, lives_seconds = await self._fetch()
            except (WecomRefusal, WecomUnreachable, WecomUnclear) as error:
                raise self._remembered(error) from error
            self._failure = None
            self._good_until = self._clock.now() + _trusted_for(lives_seconds)
            return self._token

    def _remembered(self, error: Exception) -> Exception:
        pause = _PAUSE_AFTER_FAILURE
        if isinstance(error, WecomRefusal):
            pause = max(pause, PAUSES.get(error.code_class, pause))
        else:
            # No message left us, whatever became of the call for the token.
            error = WecomUnreachable(str(error), pause)
        self._failure = error
        self._no_fetch_before = self._clock.now() + pause
        return error


def _trusted_for(lives_seconds: int) -> timedelta:
    """Give up a token before WeCom does, but use at least half of its life."""
    early = _EARLY_SECONDS + secrets.randbelow(_SPREAD_SECONDS)
    return timedelta(seconds=max(lives_seconds - early, lives_seconds / 2))
