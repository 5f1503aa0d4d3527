"""WeChat Pay's APIv3 signatures: ours on requests, the platform's on replies and notifications.

Source: WeChat Pay merchant documentation, "APIv3 接口规则": SHA256 with RSA over lines that end in a
newline; AES-256-GCM under the merchant's APIv3 key for what a notification carries.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
#: What was signed longer ago, or is from the future by as much, is a replay or a broken clock.
_FRESH_SECONDS: Final = 300


class NotTheirs(Exception):
    """Something that the platform did not sign, that was altered, or that is stale."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one merchant and the platform's public one.

    Args:
        merchant_id: the merchant's number.
        merchant_serial: the number of the merchant's certificate.
        merchant_key: signs requests.
        platform_serial: the id of the platform's public key.
        platform_key: verifies replies and notifications.
        api_key: 32 bytes; opens notifications.
    """

    merchant_id: str
    merchant_serial: str
    merchant_key: RSAPrivateKey = field(repr=False)
    platform_serial: str
    platform_key: RSAPublicKey
    api_key: bytes = field(repr=False)

    @classmethod
    def of_files(
        cls,
        merchant_id: str,
        merchant_serial: str,
        platform_serial: str,
        merchant_key: Path,
        platform_key: Path,
        api_key: Path,
    ) -> Keys:
        """Keys from files.

        Raises:
            SystemExit: a file does not hold what it should.
        """
        private = load_pem_private_key(merchant_key.read_bytes(), password=None)
        public = load_pem_public_key(platform_key.read_bytes())
        secret = api_key.read_bytes().strip()
        if not isinstance(private, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
            raise SystemExit("the payout channel's keys are RSA keys in PEM files")
        if len(secret) != 32:
            raise SystemExit(f"{api_key} must hold the APIv3 key, 32 characters")
        return cls(merchant_id, merchant_serial, private, platform_serial, public, secret)

    def authorization(self, method: str, target: str, body: bytes, now: datetime) -> str:
        """The header that signs a request to a path (with its query)."""
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        text = f"{method}\n{target}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = self.merchant_key.sign(text, PKCS1v15(), hashes.SHA256())
        fields = {
            "mchid": self.merchant_id,
            "nonce_str": nonce,
            "signature": base64.b64encode(signature).decode(),
            "timestamp": stamp,
            "serial_no": self.merchant_serial,
        }
        return f"{_SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())

    def check(
        self, serial: str, stamp: str, nonce: str, signature: str, body: bytes, now: datetime
    ) -> None:
        """See that the platform signed a body just now.

        Raises:
            NotTheirs: it did not.
        """
        if serial != self.platform_serial:
            raise NotTheirs("signed under another key than the platform's")
        if not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > _FRESH_SECONDS:
            raise NotTheirs("signed too long ago, or in the future")
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        try:
            signed = base64.b64decode(signature, validate=True)
            self.platform_key.verify(signed, text, PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise NotTheirs("the signature does not fit") from error

    def open(self, ciphertext: str, nonce: str, associated_data: str) -> bytes:
        """What a notification carries.

        Raises:
            NotTheirs: it was not sealed for us, or was altered.
        """
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
            return AESGCM(self.api_key).decrypt(nonce.encode(), sealed, associated_data.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise NotTheirs("it cannot be opened") from error
