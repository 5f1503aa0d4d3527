"""The sealing of callbacks: AES-256-CBC with WeCom's own framing, and a sorted SHA-1 signature."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # WeCom pads to 32 bytes, although AES' own block is 16


class SealError(Exception):
    """A callback that does not open; `code` is the official library's number."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Seal:
    """One app's token and key, and the id that every sealed message ends with."""

    token: str
    aes_key: str
    receiveid: str

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature over token, time, nonce and ciphertext."""
        parts = sorted(part.encode() for part in (self.token, timestamp, nonce, encrypted))
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()

    def encrypt(self, message: bytes, random16: bytes | None = None) -> str:
        """The base64 ciphertext of a message."""
        prefix = random16 or secrets.token_bytes(16)
        plain = prefix + struct.pack(">I", len(message)) + message + self.receiveid.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """Verify and decrypt; every check in the official order."""
        if not hmac.compare_digest(
            signature.encode(), self.sign(timestamp, nonce, encrypted).encode()
        ):
            raise SealError(-40001, "signature does not match")
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SealError(-40010, "ciphertext is not base64") from error
        if not sealed or len(sealed) % 16:
            raise SealError(-40007, "ciphertext is not whole AES blocks")
        decryptor = self._cipher().decryptor()
        return self._unframe(decryptor.update(sealed) + decryptor.finalize())

    def _unframe(self, plain: bytes) -> bytes:
        pad = plain[-1]
        if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise SealError(-40008, "padding is broken")
        body = plain[:-pad]
        if len(body) < 20:
            raise SealError(-40008, "message is too short")
        end = 20 + struct.unpack(">I", body[16:20])[0]
        if end > len(body):
            raise SealError(-40008, "message is longer than its buffer")
        if not hmac.compare_digest(body[end:], self.receiveid.encode()):
            raise SealError(-40005, "message is meant for another receiver")
        return body[20:end]

    def _cipher(self) -> Cipher[modes.CBC]:
        try:
            # The last character carries spare bits that may be non-zero: decode leniently.
            key = base64.b64decode(self.aes_key + "=")
        except binascii.Error as error:
            raise SealError(-40004, "EncodingAESKey is not base64") from error
        if len(key) != 32:
            raise SealError(-40004, "EncodingAESKey is not 43 characters")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
