"""APIv3 signatures and seals: SHA256-RSA over lines, AES-256-GCM for notifications, OAEP for names."""

import base64
import binascii
import json
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from simulators.payout.clock import Clock
from simulators.payout.errors import Refused

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
#: Requests that are older, or from the future by as much, are refused.
WINDOW_SECONDS: Final = 300
_PAIR: Final = re.compile(r'([a-z_]+)="([^"]*)"')
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


@dataclass
class Seals:
    """The platform's keys, the merchant's public one, and the nonces that were seen."""

    mchid: str
    merchant_serial: str
    merchant_key: RSAPublicKey
    platform_serial: str
    platform_key: RSAPrivateKey = field(repr=False)
    api_key: bytes = field(repr=False)
    clock: Clock = field(default_factory=Clock)
    _nonces: deque[tuple[float, str]] = field(default_factory=deque)

    def check_request(self, authorization: str, method: str, target: str, body: bytes) -> None:
        """Refuse what the merchant did not sign for this very request, just now, once."""
        scheme, _, rest = authorization.partition(" ")
        given = dict(_PAIR.findall(rest))
        if scheme != SCHEME or set(given) != {
            "mchid", "nonce_str", "signature", "timestamp", "serial_no",
        }:  # fmt: skip
            raise Refused("SIGN_ERROR", "Http头Authorization格式错误")
        if given["mchid"] != self.mchid:
            raise Refused("NO_AUTH", "商户号不存在或未开通商家转账")
        if given["serial_no"] != self.merchant_serial:
            raise Refused("SIGN_ERROR", "商户证书序列号有误")
        stamp = given["timestamp"]
        if not stamp.isdecimal() or abs(self.clock.stamp() - int(stamp)) > WINDOW_SECONDS:
            raise Refused(
                "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"
            )
        text = f"{method}\n{target}\n{stamp}\n{given['nonce_str']}\n".encode() + body + b"\n"
        try:
            self.merchant_key.verify(
                base64.b64decode(given["signature"], validate=True),
                text,
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except (InvalidSignature, binascii.Error) as error:
            raise Refused("SIGN_ERROR", "签名错误") from error
        self._once(given["nonce_str"])

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers by which a reply or a notification is known to be the platform's."""
        stamp, nonce = str(int(self.clock.stamp())), secrets.token_hex(16)
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = self.platform_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.platform_serial,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": SCHEME,
        }

    def seal(self, resource: dict[str, Any]) -> dict[str, str]:
        """A notification's resource, as only the merchant can open it."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_key).encrypt(
            nonce.encode(), json.dumps(resource, ensure_ascii=False).encode(), b"mch_payment"
        )
        return {
            "original_type": "mch_payment",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": "mch_payment",
            "nonce": nonce,
        }

    def open_name(self, serial: str, sealed: str) -> str:
        """A payee's real name, which never travels in the open."""
        if serial != self.platform_serial:
            raise Refused("PARAM_ERROR", "请求头Wechatpay-Serial与加密所用的公钥不符")
        try:
            return self.platform_key.decrypt(
                base64.b64decode(sealed, validate=True), _OAEP
            ).decode()
        except (ValueError, binascii.Error) as error:
            raise Refused("PARAM_ERROR", "user_name解密失败") from error

    def _once(self, nonce: str) -> None:
        now = self.clock.stamp()
        while self._nonces and self._nonces[0][0] < now - 2 * WINDOW_SECONDS:
            self._nonces.popleft()
        if any(nonce == seen for _, seen in self._nonces):
            raise Refused("SIGN_ERROR", "nonce_str重复")
        self._nonces.append((now, nonce))
