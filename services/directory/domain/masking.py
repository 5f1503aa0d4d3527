"""Personal data as a courier's waybill shows it: enough to recognise, too little to misuse."""

from __future__ import annotations

import re
from typing import Final

#: What stands where a person's key has been destroyed.
SHREDDED: Final = "（已删除）"

_HIDDEN_DIGITS: Final = 6
_SHOWN_TAIL: Final = 2
#: From the unit or room on ("2单元", "1502室", "3-2-501" at the end) an address is nobody's business.
_NUMBER: Final = "[0-9A-Za-z０-９一二三四五六七八九十百零〇甲乙丙丁东西南北中#\\-—]+"
_UNIT_OR_ROOM: Final = re.compile(
    rf"[\s,，(（]*(?:{_NUMBER}\s*(?:单元|室|户|房)|(?:Unit|Room|Rm)\b|[0-9A-Za-z０-９#\-—]+\s*$)",
    re.IGNORECASE,
)


def mask_name(name: str) -> str:
    """One character kept: 李雷 becomes 李*, 欧阳明月 becomes 欧***."""
    return name[:1] + "*" * max(1, len(name) - 1)


def mask_phone(phone: str) -> str:
    """Six digits hidden, the last two kept: 13812345678 becomes 138******78."""
    head, tail = phone[: -_HIDDEN_DIGITS - _SHOWN_TAIL], phone[-_SHOWN_TAIL:]
    if len(phone) < _HIDDEN_DIGITS + _SHOWN_TAIL:
        return "*" * len(phone)
    return f"{head}{'*' * _HIDDEN_DIGITS}{tail}"


def mask_address(detail: str) -> str:
    """Street and building kept, unit and room hidden: 建国路88号3号楼2单元1502室 becomes
    建国路88号3号楼****."""
    found = _UNIT_OR_ROOM.search(detail)
    return detail if found is None else f"{detail[: found.start()]}****"
