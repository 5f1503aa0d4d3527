"""Sealed personal data: each customer's under a key of their own, bound to its reference.

Destroying the one wrapped key of a customer makes all of it unreadable for ever, in backups too.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(key: bytes, clear: bytes, bound_to: str) -> bytes:
    """Encrypt (AES-256-GCM, a fresh nonce in front), so that it opens only for the same name."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, bound_to.encode())


def open_sealed(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """Decrypt what ``seal`` made.

    Raises:
        cryptography.exceptions.InvalidTag: it was changed, moved or sealed under another key.
    """
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
