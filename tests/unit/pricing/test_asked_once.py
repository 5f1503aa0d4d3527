"""Many want the same answer at once."""

import asyncio

import pytest

from services.pricing.servicer.asked_once import AskedOnce


async def test_one_asks_for_all_and_another_where_the_first_has_failed() -> None:
    answers, asked = AskedOnce[str, int](), 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        if asked == 1:
            raise LookupError("not yet")
        return asked

    got = await asyncio.gather(*(answers.get("a", ask) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in got] == [LookupError, int, int, int, int]
    assert got[1:] == [2, 2, 2, 2]
    with pytest.raises(ZeroDivisionError):
        await answers.get("b", failing)


async def failing() -> int:
    raise ZeroDivisionError
