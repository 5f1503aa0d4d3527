"""Secrets of the one-machine stack: made once, mode 0600, each told to those who need it."""

import base64
import json
import os
import secrets
import string
import sys
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from workflows.runtime.shell.payload_keys import add_key

ISSUERS = ("gateway", "worker")
_SIGNING = ("GONGDAN_SIGNING_KEY_FILE", "GONGDAN_SIGNING_ISSUER")
WECOM_APP = ("GONGDAN_WECOM_SECRET",)
WECOM_CALLBACK = ("GONGDAN_WECOM_CALLBACK_TOKEN", "GONGDAN_WECOM_CALLBACK_AES_KEY")
#: The merchant's own: it signs requests, knows the platform's replies, and opens notifications.
PAYOUT_MERCHANT = (
    "GONGDAN_PAYOUT_MERCHANT_KEY_FILE",
    "GONGDAN_PAYOUT_PLATFORM_PUBLIC_KEY_FILE",
    "GONGDAN_PAYOUT_API_KEY_FILE",
)
#: The sandbox's: the other halves.
PAYOUT_PLATFORM = (
    "GONGDAN_PAYOUT_MERCHANT_PUBLIC_KEY_FILE",
    "GONGDAN_PAYOUT_PLATFORM_KEY_FILE",
    "GONGDAN_PAYOUT_API_KEY_FILE",
)
_PAYOUT_FILES = {
    "GONGDAN_PAYOUT_MERCHANT_KEY_FILE": "payout_merchant.key",
    "GONGDAN_PAYOUT_MERCHANT_PUBLIC_KEY_FILE": "payout_merchant.pub",
    "GONGDAN_PAYOUT_PLATFORM_KEY_FILE": "payout_platform.key",
    "GONGDAN_PAYOUT_PLATFORM_PUBLIC_KEY_FILE": "payout_platform.pub",
    "GONGDAN_PAYOUT_API_KEY_FILE": "payout_api.key",
}
_TOLD_BY = {
    "gateway": _SIGNING,
    "worker": _SIGNING,
    "pii": ("GONGDAN_PII_KEY_FILE",),
    "payloads": ("GONGDAN_PAYLOAD_KEYS_FILE",),
    "bootstrap": ("GONGDAN_BOOTSTRAP_TOKEN_FILE",),
    "wecom_app": WECOM_APP,
    "wecom_callback": WECOM_CALLBACK,
    "payout_merchant": PAYOUT_MERCHANT,
    "payout_platform": PAYOUT_PLATFORM,
}
_FILES = {"pii": "pii.key", "bootstrap": "bootstrap.token", "payloads": "payload_keys.json"}
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
    made_once = {
        "pii.key": lambda: base64.b64encode(secrets.token_bytes(32)),
        "bootstrap.token": lambda: secrets.token_urlsafe(32).encode(),
        "wecom.env": _wecom_secrets,
        "payout_api.key": _payout_api_key,
    }
    for name, make in made_once.items():
        if not (folder / name).exists():
            _write(folder / name, make())
    for side in ("merchant", "platform"):
        if not (folder / f"payout_{side}.pub").exists():
            _make_rsa(folder / f"payout_{side}.key", folder / f"payout_{side}.pub")
    if not payload_keys_file(folder).exists():
        add_key(payload_keys_file(folder))


def payload_keys_file(folder: Path) -> Path:
    """Where the keys of payloads are."""
    return folder / _FILES["payloads"]


def variables_for(keys: Iterable[str]) -> frozenset[str]:
    """Name the variables by which a process learns these secrets."""
    return frozenset(name for key in keys for name in _TOLD_BY[key])


VARIABLES = variables_for(_TOLD_BY)
"""All of them, so that none reaches a process which is not told it on purpose."""


def environment_for(keys: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Give the variables that tell a process its own secrets, and no other's."""
    told = {"GONGDAN_ISSUERS_FILE": str(folder / "issuers.json")}
    for key in keys:
        if key in ISSUERS:
            told |= zip(_SIGNING, (str(folder / f"{key}.key"), key), strict=True)
        elif key.startswith("payout_"):
            told |= {name: str(folder / _PAYOUT_FILES[name]) for name in _TOLD_BY[key]}
        elif key in _FILES:
            told[_TOLD_BY[key][0]] = str(folder / _FILES[key])
        else:
            pairs = (line.split("=", 1) for line in (folder / "wecom.env").read_text().split())
            told |= {name: value for name, value in pairs if name in _TOLD_BY[key]}
    return told


def _wecom_secrets() -> bytes:
    """The sandbox's app, with values of the shapes that WeCom gives out."""
    lengths = zip((*WECOM_APP, *WECOM_CALLBACK), (43, 32, 43), strict=True)
    values = ((name, _letters(n)) for name, n in lengths)
    return "".join(f"{name}={value}\n" for name, value in values).encode()


def _payout_api_key() -> bytes:
    return _letters(32).encode()


def _letters(count: int) -> str:
    return "".join(map(secrets.choice, [_ALPHANUMERIC] * count))


def _make_rsa(private: Path, public: Path) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write(private, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(public, pem)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    make_missing(Path(sys.argv[1]))
