import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kit.clock import FixedClock
from services.notify.wecom.errors import WecomRefusal, WecomUnclear, WecomUnreachable
from services.notify.wecom.tokens import TokenCache


class App:
    """One app's gettoken: a new token a call, or the failure that is set."""

    def __init__(self, name: str = "app", lives_seconds: int = 7200) -> None:
        self.name = name
        self.lives_seconds = lives_seconds
        self.fetched = 0
        self.failure: Exception | None = None

    async def gettoken(self) -> tuple[str, int]:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return f"{self.name}-{self.fetched}", self.lives_seconds


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, tzinfo=UTC))


async def test_all_who_find_a_token_stale_share_one_refresh(clock: FixedClock) -> None:
    app = App()
    tokens = TokenCache(app.gettoken, clock)
    stale = await tokens.get()
    assert await asyncio.gather(*(tokens.refresh(stale) for _ in range(5))) == ["app-2"] * 5


async def test_a_token_is_given_up_before_wecom_does(clock: FixedClock) -> None:
    app = App()
    tokens = TokenCache(app.gettoken, clock)
    await tokens.get()
    clock.advance(timedelta(seconds=7200 - 361))
    assert await tokens.get() == "app-1"
    clock.advance(timedelta(seconds=61))
    assert await tokens.get() == "app-2"


async def test_a_token_near_its_end_is_still_used_for_half_of_what_it_has(
    clock: FixedClock,
) -> None:
    app = App(lives_seconds=100)
    tokens = TokenCache(app.gettoken, clock)
    await tokens.get()
    clock.advance(timedelta(seconds=49))
    assert await tokens.get() == "app-1"
    clock.advance(timedelta(seconds=2))
    assert await tokens.get() == "app-2"


async def test_two_apps_never_share_a_token(clock: FixedClock) -> None:
    one, two = (TokenCache(App(name).gettoken, clock) for name in ("one", "two"))
    assert (await one.get(), await two.get()) == ("one-1", "two-1")


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (WecomRefusal(-1, "busy"), 10),
        (WecomUnreachable("no connection"), 10),
        (WecomUnclear("broken"), 10),
        (WecomRefusal(40001, "wrong secret"), 60),
        (WecomRefusal(60020, "ip"), 60),
        (WecomRefusal(45009, "too often"), 60),
    ],
)
async def test_after_a_failed_fetch_nobody_asks_again_for_a_while(
    clock: FixedClock, failure: Exception, seconds: int
) -> None:
    app = App()
    app.failure = failure
    tokens = TokenCache(app.gettoken, clock)
    for _ in range(3):
        with pytest.raises((WecomRefusal, WecomUnreachable)):
            await tokens.get()
    clock.advance(timedelta(seconds=seconds - 1))
    with pytest.raises((WecomRefusal, WecomUnreachable)):
        await tokens.get()
    assert app.fetched == 1
    clock.advance(timedelta(seconds=1))
    app.failure = None
    assert await tokens.get() == "app-2"
