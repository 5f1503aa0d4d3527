"""Where personal data is sealed and opened: data keys, and the key service that wraps them."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from services.directory.domain.sealing import open_sealed, seal
from services.directory.tables import PersonalDataRow

_KEY_BYTES: Final = 32


class KeyService(Protocol):
    """Keeps the master key and never gives it out; a company may put its KMS behind this."""

    async def wrap(self, key: bytes, owner_id: str) -> bytes:
        """Encrypt one owner's data key under the master key."""

    async def unwrap(self, wrapped: bytes, owner_id: str) -> bytes:
        """The data key again; only for the owner it was wrapped for."""


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

    async def wrap(self, key: bytes, owner_id: str) -> bytes:
        """Encrypt one owner's data key under the master key."""
        return seal(self._master, key, owner_id)

    async def unwrap(self, wrapped: bytes, owner_id: str) -> bytes:
        """The data key again; only for the owner it was wrapped for."""
        return open_sealed(self._master, wrapped, owner_id)


def new_data_key() -> bytes:
    """A key for one customer's personal data."""
    return secrets.token_bytes(_KEY_BYTES)


def seal_text(key: bytes, text: str, reference: str) -> bytes:
    """Seal a name, phone or address detail under its customer's key."""
    return seal(key, text.encode(), reference)


async def open_rows(
    keys: KeyService, wrapped: Mapping[str, bytes], rows: Iterable[PersonalDataRow]
) -> dict[str, str]:
    """Clear text by reference; what belongs to a shredded customer is absent."""
    opened = {owner: await keys.unwrap(blob, owner) for owner, blob in wrapped.items()}
    return {
        row.reference: open_sealed(opened[row.customer_id], row.sealed, row.reference).decode()
        for row in rows
        if row.customer_id in opened
    }
