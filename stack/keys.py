"""Secrets of the one-machine stack: made once, mode 0600, each told to those who need it."""

import base64
import json
import os
import secrets
import string
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ISSUERS = ("gateway", "worker")
VARIABLES = frozenset(
    {
        "GONGDAN_SIGNING_KEY_FILE",
        "GONGDAN_SIGNING_ISSUER",
        "GONGDAN_PII_KEY_FILE",
        "GONGDAN_WECOM_SECRET",
        "GONGDAN_WECOM_CALLBACK_TOKEN",
        "GONGDAN_WECOM_CALLBACK_AES_KEY",
    }
)
"""Named so that none reaches a process which is not told it on purpose."""
_ALPHANUMERIC = string.ascii_letters + string.digits


def make_missing(folder: Path) -> None:
    """Make every secret that is not there yet; what is there stays."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    public = {}
    for issuer in ISSUERS:
        path = folder / f"{issuer}.key"
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            _write(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private = load_pem_private_key(path.read_bytes(), password=None)
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        public[issuer] = pem.decode()
    _write(folder / "issuers.json", json.dumps(public, indent=1).encode())
    if not (folder / "pii.key").exists():
        _write(folder / "pii.key", base64.b64encode(secrets.token_bytes(32)))
    if not (folder / "wecom.json").exists():
        _write(folder / "wecom.json", json.dumps(_wecom_secrets(), indent=1).encode())


def environment_for(keys: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Give the variables that tell a process its own secrets, and no other's."""
    told = {"GONGDAN_ISSUERS_FILE": str(folder / "issuers.json")}
    for issuer in ISSUERS:
        if issuer in keys:
            told["GONGDAN_SIGNING_KEY_FILE"] = str(folder / f"{issuer}.key")
            told["GONGDAN_SIGNING_ISSUER"] = issuer
    if "pii" in keys:
        told["GONGDAN_PII_KEY_FILE"] = str(folder / "pii.key")
    if "wecom" in keys:
        told |= json.loads((folder / "wecom.json").read_text())
    return told


def _wecom_secrets() -> dict[str, str]:
    """The sandbox's app, with values of the shapes that WeCom gives out."""

    def letters(count: int) -> str:
        return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(count))

    return {
        "GONGDAN_WECOM_SECRET": letters(43),
        "GONGDAN_WECOM_CALLBACK_TOKEN": letters(32),
        "GONGDAN_WECOM_CALLBACK_AES_KEY": letters(43),
    }


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
