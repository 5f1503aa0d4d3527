"""Plans are brought to hand before workflow code runs, each once, or the workflow task is tried again."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.payloads import KEYS
from workflows.compiler.plan import Plan
from workflows.runtime.shell import plan_ref
from workflows.runtime.shell.converter import converter
from workflows.runtime.shell.plan_cache import PlanCache
from workflows.runtime.shell.plan_ref import PlanCorrupt, PlanRef

CONTENT = next(
    iter(sorted((Path(__file__).parents[2] / "replay" / "plans").glob("*.json")))
).read_bytes()
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_ref, "_plans", PlanCache())


async def test_history_has_the_hash_and_the_workflow_gets_the_plan() -> None:
    async def fetch(plan_hash: str) -> bytes:
        return CONTENT

    payloads = await converter(KEYS).encode([PlanRef(HASH), {"name": "王"}])
    assert payloads[0].data == HASH.encode()
    assert payloads[1].metadata["encoding"] == b"binary/encrypted"
    plan, rest = await converter(KEYS, fetch).decode(payloads)
    assert isinstance(plan, Plan)
    assert plan == Plan.from_bytes(CONTENT)
    assert rest == {"name": "王"}


async def test_a_hundred_cases_that_start_together_fetch_their_plan_once() -> None:
    asked: list[str] = []

    async def fetch(plan_hash: str) -> bytes:
        asked.append(plan_hash)
        await asyncio.sleep(0)
        return CONTENT

    payloads = await converter(KEYS).encode([PlanRef(HASH)])
    converting = converter(KEYS, fetch)
    found = await asyncio.gather(*(converting.decode(payloads) for _ in range(100)))
    assert asked == [HASH]
    assert len({id(plan) for (plan,) in found}) == 1


async def test_a_store_that_does_not_answer_fails_the_decoding_and_the_next_try_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan_ref, "_FETCH_SECONDS", 0.01)
    tries = iter([asyncio.Event().wait, None])

    async def fetch(plan_hash: str) -> bytes:
        if (hang := next(tries)) is not None:
            await hang()
        return CONTENT

    payloads = await converter(KEYS).encode([PlanRef(HASH)])
    converting = converter(KEYS, fetch)
    with pytest.raises(TimeoutError):
        await converting.decode(payloads)
    assert isinstance((await converting.decode(payloads))[0], Plan)


async def test_bytes_of_another_plan_are_refused() -> None:
    async def fetch(plan_hash: str) -> bytes:
        return CONTENT + b" "

    payloads = await converter(KEYS).encode([PlanRef(HASH)])
    with pytest.raises(PlanCorrupt, match="another hash"):
        await converter(KEYS, fetch).decode(payloads)
