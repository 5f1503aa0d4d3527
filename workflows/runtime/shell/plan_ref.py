"""A plan's way into a workflow: its hash in the history, its bytes from the plan store.

The input of a case holds ``PlanRef``, 64 characters. Decoding makes sure that the plan is in this
process's cache, checked against its hash, before any workflow code runs, so that a replay anywhere
sees the same plan. A plan that cannot be had in time fails the workflow task, which is tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    EncodingPayloadConverter,
    PayloadCodec,
)

from workflows.compiler.plan import Plan

#: Where a plan's canonical bytes come from, by hash. Raises when there is no such plan.
FetchPlan: TypeAlias = Callable[[str], Awaitable[bytes]]

_ENCODING: Final = b"json/plan-ref"
_FETCH_SECONDS: Final = 2.0

#: One object a plan for all cases of this process; plans are immutable.
_plans: dict[str, Plan] = {}


@dataclass(frozen=True, slots=True)
class PlanRef:
    """A plan by its hash."""

    hash: str


class PlanCorrupt(Exception):
    """The bytes under a hash are not the plan of that name."""


class _PlanRefConverter(EncodingPayloadConverter):
    @property
    def encoding(self) -> str:
        return _ENCODING.decode()

    def to_payload(self, value: Any) -> Payload | None:
        if not isinstance(value, PlanRef):
            return None
        return Payload(metadata={"encoding": _ENCODING}, data=value.hash.encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        plan_hash = payload.data.decode()
        return PlanRef(plan_hash) if type_hint is PlanRef else _plans[plan_hash]


#: Shared by all cases of this process: the SDK makes a converter for each workflow, and a fresh one
#: would work out how to read a case's input again, which takes longer than the case itself.
_CONVERTERS: Final = (_PlanRefConverter(), *PydanticPayloadConverter().converters.values())


class _CasePayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


class _PlanRefCodec(PayloadCodec):
    """Leaves payloads as they are; fills the cache while they are decoded."""

    def __init__(self, fetch: FetchPlan) -> None:
        self._fetch = fetch

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        for payload in payloads:
            if payload.metadata.get("encoding") == _ENCODING:
                await self._load(payload.data.decode())
        return list(payloads)

    async def _load(self, plan_hash: str) -> None:
        if plan_hash in _plans:
            return
        content = await asyncio.wait_for(self._fetch(plan_hash), _FETCH_SECONDS)
        if hashlib.sha256(content).hexdigest() != plan_hash:
            raise PlanCorrupt(f"the bytes stored as plan {plan_hash} have another hash")
        _plans[plan_hash] = Plan.from_bytes(content)


def converter(fetch: FetchPlan | None = None) -> DataConverter:
    """The data converter of all that is ours in Temporal.

    Args:
        fetch: gives plans to workers and replayers; whoever only starts cases and acts on them
            needs none.
    """
    return DataConverter(
        payload_converter_class=_CasePayloadConverter,
        payload_codec=None if fetch is None else _PlanRefCodec(fetch),
    )
