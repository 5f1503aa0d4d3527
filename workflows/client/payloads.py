"""Payloads for people who look into Temporal: decrypted and encrypted as its UI and CLI ask for it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payloads as PayloadsMessage

from kit.config import Settings
from kit.errors import FailedPrecondition, InvalidArgument
from workflows.client.temporal import payload_keys
from workflows.runtime.shell.payload_codec import ENCRYPTED, PayloadCipher, PayloadCorrupt
from workflows.runtime.shell.payload_keys import PayloadKeyMissing, PayloadKeys

_CASE_ID: Final = re.compile(rb"\bca_[0-9a-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decrypted payloads.

    Attributes:
        content: proto-JSON of ``temporal.api.common.v1.Payloads``.
        keys: how many of them were encrypted under which key.
        case_ids: the cases that they name.
    """

    content: str
    keys: Counter[str]
    case_ids: tuple[str, ...]


class Payloads:
    """Decrypts and encrypts payloads outside workflows, in Temporal's remote codec format."""

    def __init__(self, keys: PayloadKeys) -> None:
        self._cipher = PayloadCipher(keys)

    @classmethod
    def of(cls, settings: Settings) -> Payloads:
        """With this process's keys; without them it ends, and says why."""
        return cls(payload_keys(settings))

    def decode(self, body: bytes) -> Decoded:
        """Decrypt.

        Raises:
            InvalidArgument: ``PAYLOADS_MALFORMED``.
            FailedPrecondition: ``PAYLOAD_UNREADABLE`` when a key is missing or a payload changed.
        """
        message = _parse(body)
        keys = Counter(
            payload.metadata["encryption-key-id"].decode(errors="replace")
            for payload in message.payloads
            if payload.metadata.get("encoding") == ENCRYPTED
        )
        try:
            opened = [self._cipher.decrypt(payload) for payload in message.payloads]
        except (PayloadKeyMissing, PayloadCorrupt) as error:
            raise FailedPrecondition("PAYLOAD_UNREADABLE", str(error)) from error
        named = {name.decode() for payload in opened for name in _CASE_ID.findall(payload.data)}
        content = MessageToJson(PayloadsMessage(payloads=opened), indent=None)
        return Decoded(content, keys, tuple(sorted(named)))

    def encode(self, body: bytes) -> str:
        """Encrypt; proto-JSON in and out.

        Raises:
            InvalidArgument: ``PAYLOADS_MALFORMED``.
        """
        sealed = [self._cipher.encrypt(payload) for payload in _parse(body).payloads]
        return MessageToJson(PayloadsMessage(payloads=sealed), indent=None)


def _parse(body: bytes) -> PayloadsMessage:
    try:
        return Parse(body, PayloadsMessage(), ignore_unknown_fields=True)
    except ParseError as error:
        raise InvalidArgument(
            "PAYLOADS_MALFORMED",
            f"the body is no JSON of temporal.api.common.v1.Payloads: {error}",
            field="body",
        ) from error
