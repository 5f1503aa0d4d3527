"""Where personal data is sealed and opened: data keys, and the key service that wraps them."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from services.directory.domain.sealing import open_sealed, seal
from services.directory.tables.personal_data import PersonalDataRow

_KEY_BYTES: Final = 32
#: What the key of fingerprints is derived for; another one would find nothing of before.
_FINGERPRINTS: Final = b"gongdan directory fingerprints 1"


class KeyService(Protocol):
    """Keeps the master key and never gives it out; a company may put its KMS behind this."""

    async def wrap(self, key: bytes, owner_id: str) -> bytes:
        """Encrypt one owner's data key under the master key."""

    async def unwrap(self, wrapped: bytes, owner_id: str) -> bytes:
        """The data key again; only for the owner it was wrapped for."""

    async def fingerprint(self, text: str) -> bytes:
        """32 bytes that are the same for the same text; without the key nobody can try texts."""


class MasterKeyFile:
    """A key service for one machine: a file with 32 bytes in base 64, readable by this process."""

    def __init__(self, path: Path) -> None:
        """Read the key.

        Raises:
            ValueError: the file holds no such key.
        """
        try:
            self._master = base64.b64decode(path.read_bytes().strip(), validate=True)
        except binascii.Error as error:
            raise ValueError(f"{path} does not hold base 64") from error
        if len(self._master) != _KEY_BYTES:
            raise ValueError(f"{path} holds {len(self._master)} bytes, not {_KEY_BYTES}")
        # A key of its own, so that what it makes says nothing of what the master key sealed.
        self._fingerprints = hmac.digest(self._master, _FINGERPRINTS, "sha256")

    async def wrap(self, key: bytes, owner_id: str) -> bytes:
        """Encrypt one owner's data key under the master key."""
        return seal(self._master, key, owner_id)

    async def unwrap(self, wrapped: bytes, owner_id: str) -> bytes:
        """The data key again; only for the owner it was wrapped for."""
        return open_sealed(self._master, wrapped, owner_id)

    async def fingerprint(self, text: str) -> bytes:
        """32 bytes that are the same for the same text; without the key nobody can try texts."""
        return hmac.digest(self._fingerprints, text.encode(), "sha256")


def new_data_key() -> bytes:
    """A key for one customer's personal data."""
    return secrets.token_bytes(_KEY_BYTES)


def seal_text(key: bytes, text: str, reference: str) -> bytes:
    """Seal a name, phone or address detail under its customer's key."""
    return seal(key, text.encode(), reference)


def open_text(key: bytes, sealed: bytes, reference: str) -> str:
    """What ``seal_text`` sealed for the same reference."""
    return open_sealed(key, sealed, reference).decode()


async def open_rows(
    keys: KeyService, wrapped: Mapping[str, bytes], rows: Iterable[PersonalDataRow]
) -> dict[str, str]:
    """Clear text by reference; what belongs to a shredded customer is absent."""
    opened = {owner: await keys.unwrap(blob, owner) for owner, blob in wrapped.items()}
    return {
        row.reference: open_text(opened[row.customer_id], row.sealed, row.reference)
        for row in rows
        if row.customer_id in opened
    }
