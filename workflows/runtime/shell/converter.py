"""The data converter of all that is ours in Temporal: clients, workers, replays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    PayloadCodec,
    PayloadConverter,
)

from workflows.runtime.shell.payload_codec import PayloadCipher, PayloadCorrupt
from workflows.runtime.shell.payload_keys import (
    PayloadKeyMissing,
    PayloadKeys,
    PayloadKeysMalformed,
)
from workflows.runtime.shell.plan_ref import FetchPlan, PlanLoader, PlanRefConverter, plan_hash_of

#: Shared by all cases of this process: the SDK makes a converter for each workflow, and a fresh one
#: would work out how to read a case's input again, which takes longer than the case itself.
_CONVERTERS: Final = CompositePayloadConverter(
    PlanRefConverter(), *PydanticPayloadConverter().converters.values()
).converters


class _CasePayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        self.converters = _CONVERTERS


class _CaseFailureConverter(DefaultFailureConverter):
    """Messages and stack traces are encrypted like all else; a failure's type stays in the open.

    But what says that nothing can be decrypted is said in the open.
    """

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        super().to_failure(exception, payload_converter, failure)
        if isinstance(exception, PayloadKeyMissing | PayloadKeysMalformed | PayloadCorrupt):
            failure.message = str(exception)
            failure.ClearField("encoded_attributes")


class _CaseCodec(PayloadCodec):
    """Encrypts everything but the names of plans; sees to it that plans are at hand."""

    def __init__(self, cipher: PayloadCipher, plans: PlanLoader | None) -> None:
        self._cipher = cipher
        self._plans = plans

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            payload if plan_hash_of(payload) else self._cipher.encrypt(payload)
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if self._plans is not None:
            for payload in payloads:
                if plan_hash := plan_hash_of(payload):
                    await self._plans.bring(plan_hash)
        return [self._cipher.decrypt(payload) for payload in payloads]


def converter(keys: PayloadKeys, fetch: FetchPlan | None = None) -> DataConverter:
    """The data converter of all that is ours in Temporal. There is none that does not encrypt.

    Args:
        keys: under which payloads are kept.
        fetch: gives plans to workers and replayers; whoever only starts cases and acts on them
            needs none.
    """
    return DataConverter(
        payload_converter_class=_CasePayloadConverter,
        payload_codec=_CaseCodec(PayloadCipher(keys), PlanLoader(fetch) if fetch else None),
        failure_converter_class=_CaseFailureConverter,
    )
