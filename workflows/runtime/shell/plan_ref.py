"""A plan's way into a workflow: its hash in the history, its bytes from the plan store.

The input of a case holds ``PlanRef``, 64 characters. Decoding makes sure that the plan is at hand in
this process, checked against its hash, before any workflow code runs, so that a replay anywhere sees
the same plan. A plan that cannot be had in time fails the workflow task, which is tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.converter import EncodingPayloadConverter

from workflows.compiler.plan import Plan
from workflows.runtime.shell.plan_cache import PlanCache

#: Where a plan's canonical bytes come from, by hash. Raises when there is no such plan.
FetchPlan: TypeAlias = Callable[[str], Awaitable[bytes]]

_ENCODING: Final = b"json/plan-ref"
_FETCH_SECONDS: Final = 2.0

#: Of this process: the SDK makes converters as it likes, plans are to be shared.
_plans: Final = PlanCache()


@dataclass(frozen=True, slots=True)
class PlanRef:
    """A plan by its hash."""

    hash: str


class PlanCorrupt(Exception):
    """The bytes under a hash are not the plan of that name."""


class PlanNotAtHand(Exception):
    """A workflow task began so long after its plan was fetched that the plan was dropped."""


def plan_hash_of(payload: Payload) -> str:
    """The plan that a payload names; empty: it is no plan's name."""
    if payload.metadata.get("encoding") != _ENCODING:
        return ""
    return payload.data.decode()


class PlanRefConverter(EncodingPayloadConverter):
    """Turns names of plans into payloads, and payloads into plans that are at hand."""

    @property
    def encoding(self) -> str:
        """What marks such a payload."""
        return _ENCODING.decode()

    def to_payload(self, value: Any) -> Payload | None:
        """The payload of a plan's name; None for anything else."""
        if not isinstance(value, PlanRef):
            return None
        return Payload(metadata={"encoding": _ENCODING}, data=value.hash.encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The plan itself, or its name where that is asked for.

        Raises:
            PlanNotAtHand: the workflow task is to be tried again.
        """
        plan_hash = payload.data.decode()
        if type_hint is PlanRef:
            return PlanRef(plan_hash)
        plan = _plans.find(plan_hash)
        if plan is None:
            raise PlanNotAtHand(f"plan {plan_hash} was decoded too long ago")
        return plan


class PlanLoader:
    """Brings plans to hand, each once however many cases ask for it at the same time."""

    def __init__(self, fetch: FetchPlan) -> None:
        self._fetch = fetch
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def bring(self, plan_hash: str) -> None:
        """Make sure that the plan is at hand.

        Raises:
            TimeoutError: the store did not answer in time.
            PlanCorrupt: what is stored under the hash is another plan.
        """
        if _plans.find(plan_hash) is not None:
            return
        loading = self._loading.get(plan_hash)
        if loading is None:
            loading = asyncio.create_task(self._load(plan_hash))
            self._loading[plan_hash] = loading
            loading.add_done_callback(lambda _: self._loading.pop(plan_hash, None))
        # Whoever gives up does so alone.
        await asyncio.shield(loading)

    async def _load(self, plan_hash: str) -> None:
        content = await asyncio.wait_for(self._fetch(plan_hash), _FETCH_SECONDS)
        if hashlib.sha256(content).hexdigest() != plan_hash:
            raise PlanCorrupt(f"the bytes stored as plan {plan_hash} have another hash")
        _plans.add(plan_hash, Plan.from_bytes(content), len(content))
