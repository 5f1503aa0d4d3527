"""Codes printed on machines and at shops' doors (报修码).

A code is 125 random bits: it says nothing of what it stands for, and nobody finds another one.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from kit.errors import InvalidArgument, NotFound

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH: Final = 25
_CODE: Final = re.compile(rf"[{_ALPHABET}]{{{_LENGTH}}}")
_FLOW: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
#: What people type for what the alphabet leaves out.
_LOOKALIKES: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


def new_scan_code() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def normal_code(text: str) -> str:
    """A code as it was printed: case, blanks, dashes and look-alikes make no difference.

    Raises:
        NotFound: ``SCAN_CODE_UNKNOWN`` for what cannot be one.
    """
    code = re.sub(r"[\s-]", "", text).lower().translate(_LOOKALIKES)
    if not _CODE.fullmatch(code):
        raise unknown_code()
    return code


def unknown_code() -> NotFound:
    """There is no such code, or it has ended: which of both is nobody's business."""
    return NotFound(
        "SCAN_CODE_UNKNOWN",
        "the code is not valid, or has been replaced; scan the newest one",
        field="scan_code",
        details={"zh": "此码无效或已更换，请扫描最新的报修码。"},
    )


def require_flow(flow_code: str) -> str:
    """The flow that a scan starts (``SCAN_CODE_INVALID``)."""
    if not _FLOW.fullmatch(flow_code):
        raise invalid(
            "flow_code", "name the flow that is started by scanning, such as aircon_repair"
        )
    return flow_code


def require_one_target(asset_id: str, customer_id: str) -> None:
    """A code is of an asset or of a customer's place (``SCAN_CODE_INVALID``)."""
    if bool(asset_id) == bool(customer_id):
        raise invalid("asset_id", "name an asset, or a customer's place")


def invalid(field: str, message: str) -> InvalidArgument:
    """The refusal of a code that would stand for nothing."""
    return InvalidArgument("SCAN_CODE_INVALID", message, field=field)
