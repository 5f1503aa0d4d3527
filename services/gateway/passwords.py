"""Passwords and tokens as they are kept: never in clear."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

# 32 MiB and about 0.2 s of one core a guess.
_LOG_N: Final = 15
_BLOCK_SIZE: Final = 8
_PARALLEL: Final = 3
_MAX_MEMORY: Final = 128 * 1024 * 1024


def hash_password(password: str) -> str:
    """A password's scrypt hash with its salt and cost, for keeping."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _LOG_N, _BLOCK_SIZE, _PARALLEL)
    return f"scrypt${_LOG_N}${_BLOCK_SIZE}${_PARALLEL}${_encode(salt)}${_encode(digest)}"


def password_matches(password: str, kept: str) -> bool:
    """Whether this is the password of a kept hash."""
    _, log_n, block_size, parallel, salt, digest = kept.split("$")
    made = _scrypt(password, _decode(salt), int(log_n), int(block_size), int(parallel))
    return hmac.compare_digest(made, _decode(digest))


def new_token(prefix: str) -> str:
    """A secret that nobody guesses, such as ``gds_…``."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so a plain hash suffices."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(session_token: str) -> str:
    """The second secret of a session, which a page of ours knows and another's does not."""
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _scrypt(password: str, salt: bytes, log_n: int, block_size: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=1 << log_n,
        r=block_size,
        p=parallel,
        maxmem=_MAX_MEMORY,
        dklen=32,
    )


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text)
