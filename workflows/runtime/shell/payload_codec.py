"""Payloads as Temporal keeps them: compressed where that helps, and encrypted.

    metadata  encoding            binary/encrypted
              encryption-key-id   the key's name
              compression         zstd, or absent
    data      12 bytes of nonce, then AES-256-GCM over the payload as it was, its metadata included

The metadata outside is authenticated too. What is not encrypted is passed on as it is: ops may signal
a workflow with Temporal's own command line.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload

from workflows.runtime.shell.payload_keys import PayloadKeys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ENCRYPTED: Final = b"binary/encrypted"

_ZSTD: Final = b"zstd"
_NONCE_BYTES: Final = 12
_LEVEL: Final = 3
#: Below this many bytes compression costs more (20 µs a way) than the few bytes it saves.
_FLOOR: Final = 1024


class PayloadCorrupt(Exception):
    """An encrypted payload is not what was encrypted under its key."""


class PayloadCipher:
    """Encrypts what leaves for Temporal, and decrypts what comes back."""

    def __init__(self, keys: PayloadKeys) -> None:
        self._keys = keys
        self._current = keys.current.encode()
        self._key = keys.find(keys.current)
        # One for all: to set up its tables takes longer than to compress a payload.
        self._compressor = zstd.ZstdCompressor(level=_LEVEL)

    def encrypt(self, payload: Payload) -> Payload:
        """Compress and encrypt under the current key, with a nonce of its own."""
        content, compression = payload.SerializeToString(), b""
        if len(content) >= _FLOOR:
            smaller = self._compressor.compress(content, zstd.ZstdCompressor.FLUSH_FRAME)
            if len(smaller) < len(content):
                content, compression = smaller, _ZSTD
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._key.encrypt(nonce, content, _authenticated(self._current, compression))
        metadata = {"encoding": ENCRYPTED, "encryption-key-id": self._current}
        if compression:
            metadata["compression"] = compression
        return Payload(metadata=metadata, data=nonce + sealed)

    def decrypt(self, payload: Payload) -> Payload:
        """The payload as it was; one that is not encrypted is passed on.

        Raises:
            PayloadKeyMissing: its key is not in the file.
            PayloadCorrupt: it has been changed.
        """
        metadata = payload.metadata
        if metadata.get("encoding") != ENCRYPTED:
            return payload
        key_id, compression = metadata["encryption-key-id"], metadata.get("compression", b"")
        key = self._keys.find(key_id.decode(errors="replace"))
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            content = key.decrypt(nonce, sealed, _authenticated(key_id, compression))
        except (InvalidTag, ValueError) as error:
            raise PayloadCorrupt(
                f"a payload under the key {key_id.decode()!r} has been changed, or the key has"
            ) from error
        if compression == _ZSTD:
            content = zstd.decompress(content)
        return Payload.FromString(content)


def _authenticated(key_id: bytes, compression: bytes) -> bytes:
    return b"\0".join((ENCRYPTED, key_id, compression))
