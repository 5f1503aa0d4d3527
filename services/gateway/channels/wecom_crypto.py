"""WeCom's callbacks: signed with sorted SHA-1, sealed with AES-256-CBC in WeCom's own framing.

The gateway's own reading of the protocol, apart from the sandbox's, so that the two check each
other. Refusals carry the official library's numbers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SIGNATURE_WRONG: Final = -40001
KEY_ILLEGAL: Final = -40004
RECEIVER_WRONG: Final = -40005
DECRYPTION_FAILED: Final = -40007
BUFFER_ILLEGAL: Final = -40008
BASE64_BROKEN: Final = -40010

_AES_BLOCK: Final = 16
#: WeCom pads to 32 bytes, although AES' own block has 16.
_PAD_BLOCK: Final = 32
_RANDOM: Final = 16
_HEAD: Final = _RANDOM + 4


class CallbackRefused(Exception):
    """A callback that is not WeCom's, or not for us."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = code


@dataclass(frozen=True, slots=True)
class Envelope:
    """One app's way of opening what WeCom sends it.

    Args:
        token: the app's callback token.
        encoding_aes_key: 43 letters and digits.
        receiver_id: what every message ends with: the corp id, or nothing for the AI bot.
    """

    token: str
    encoding_aes_key: str = field(repr=False)
    receiver_id: str

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """The message inside, once its signature and every part of its frame are right.

        Raises:
            CallbackRefused: with the official number of the first check that failed.
        """
        expected = self._signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise CallbackRefused(SIGNATURE_WRONG, "the signature does not match")
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CallbackRefused(BASE64_BROKEN, "the ciphertext is not base64") from error
        if not sealed or len(sealed) % _AES_BLOCK:
            raise CallbackRefused(DECRYPTION_FAILED, "the ciphertext has no whole blocks")
        return self._unframe(self._decrypt(sealed))

    def _signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        parts = sorted(part.encode() for part in (self.token, timestamp, nonce, encrypted))
        # SHA-1 is WeCom's choice; the secret token among the parts is what protects it.
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()

    def _decrypt(self, sealed: bytes) -> bytes:
        try:
            # The last letter carries spare bits that may be set, so strict decoding is no use.
            key = base64.b64decode(self.encoding_aes_key + "=")
        except binascii.Error as error:
            raise CallbackRefused(KEY_ILLEGAL, "the EncodingAESKey is not base64") from error
        if len(key) != 32:
            raise CallbackRefused(KEY_ILLEGAL, "the EncodingAESKey has not 43 characters")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_AES_BLOCK])).decryptor()
        return decryptor.update(sealed) + decryptor.finalize()

    def _unframe(self, padded: bytes) -> bytes:
        pad = padded[-1]
        if not 1 <= pad <= _PAD_BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise CallbackRefused(BUFFER_ILLEGAL, "the padding is broken")
        framed = padded[:-pad]
        if len(framed) < _HEAD:
            raise CallbackRefused(BUFFER_ILLEGAL, "the message is too short")
        end = _HEAD + int.from_bytes(framed[_RANDOM:_HEAD], "big")
        if end > len(framed):
            raise CallbackRefused(BUFFER_ILLEGAL, "the message is longer than its buffer")
        if not hmac.compare_digest(framed[end:], self.receiver_id.encode()):
            raise CallbackRefused(RECEIVER_WRONG, "the message is meant for somebody else")
        return framed[_HEAD:end]
