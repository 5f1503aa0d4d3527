"""The keys under which payloads are kept in Temporal: a file that several processes share.

    {"current": "k2", "keys": {"k1": "<32 bytes in base64>", "k2": "…"}}

What is new is encrypted under the current key; every key of the file decrypts. A process that meets
a key it does not know looks into the file again, so that a key can be added while everything runs.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32


class PayloadKeysMalformed(Exception):
    """The file of payload keys cannot be used; the message says what is wrong with it."""


class PayloadKeyMissing(Exception):
    """Something is encrypted under a key that this process does not have."""


class PayloadKeys:
    """The keys of one file."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            PayloadKeysMalformed: it is missing, or is no such file.
        """
        self._path = path
        self._seen = _version_of(path)
        self.current, self._keys = _read(path)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(self._keys)

    def find(self, key_id: str) -> AESGCM:
        """The key of a name.

        Raises:
            PayloadKeyMissing: the file does not have it, now either.
            PayloadKeysMalformed: the file has been spoilt meanwhile.
        """
        key = self._keys.get(key_id)
        if key is None:
            self._read_again()
            key = self._keys.get(key_id)
        if key is None:
            raise PayloadKeyMissing(
                f"the payload key {key_id!r} is not in {self._path}, which has"
                f" {', '.join(self._keys)}; put it back, and what waits for it goes on"
            )
        return key

    def _read_again(self) -> None:
        """Take in what has been added since; what is current stays so until the process ends."""
        version = _version_of(self._path)
        if version != self._seen:
            _, keys = _read(self._path)
            self._keys = {**self._keys, **keys}
            self._seen = version


def add_key(path: Path) -> str:
    """Add a new key to the file; the first one is current, a later one when it is called so.

    The file is made if need be, readable by its owner alone.

    Returns:
        The new key's name.

    Raises:
        PayloadKeysMalformed: the file is there and cannot be used.
    """
    current, known = _names_and_texts(path) if path.exists() else ("", {})
    names = (f"k{number}" for number in itertools.count(len(known) + 1))
    key_id = next(name for name in names if name not in known)
    known[key_id] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    _replace(path, {"current": current or key_id, "keys": known})
    return key_id


def call_current(path: Path, key_id: str) -> None:
    """Have processes that start from now on encrypt under this key.

    Raises:
        PayloadKeyMissing: the file does not have it.
        PayloadKeysMalformed: the file cannot be used.
    """
    _, known = _names_and_texts(path)
    if key_id not in known:
        raise PayloadKeyMissing(f"{path} has no key {key_id!r}, only {', '.join(known)}")
    _replace(path, {"current": key_id, "keys": known})


def _names_and_texts(path: Path) -> tuple[str, dict[str, str]]:
    _read(path)  # refuses what cannot be used
    kept = json.loads(path.read_bytes())
    return kept["current"], kept["keys"]


def _replace(path: Path, content: Mapping[str, object]) -> None:
    """At once and for good: a file that is half written would lock everybody out."""
    half = path.with_name(f".{path.name}.new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(descriptor)
    half.replace(path)


def _version_of(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise PayloadKeysMalformed(f"there is no file of payload keys at {path}") from error
    return found.st_ino, found.st_mtime_ns


def _read(path: Path) -> tuple[str, dict[str, AESGCM]]:
    try:
        content = json.loads(path.read_bytes())
        current: str = content["current"]
        keys = {name: _key(name, text, path) for name, text in content["keys"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PayloadKeysMalformed(
            f'{path} must hold {{"current": name, "keys": {{name: 32 bytes in base64}}}}: {error!r}'
        ) from error
    if current not in keys:
        raise PayloadKeysMalformed(f"{path} calls {current!r} current and has no key of that name")
    return current, keys


def _key(name: str, text: str, path: Path) -> AESGCM:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise PayloadKeysMalformed(f"the key {name!r} of {path} is not {KEY_BYTES} bytes in base64")
    return AESGCM(key)
