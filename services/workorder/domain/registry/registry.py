"""What must be right about outlets, teams, and who must not or shall be sent to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.workorder.domain.registry.technician import CooperationMode

#: Who keeps contracts with outlets.
CONTRACTS: Final = ("admin", "hq")
#: Who keeps the staff of every outlet; an outlet's manager keeps only their own.
STAFFING_EVERYWHERE: Final = ("admin", "dispatcher", "hq")
#: Who says who must not, or shall, be sent to whom.
RULES: Final = ("admin", "customer_service", "dispatcher", "outlet_manager", "supervisor")

_LONGEST_CODE: Final = 64
_LONGEST_NAME: Final = 100
_LONGEST_TEXT: Final = 2_000
_MOST_CODES: Final = 500
_CODE: Final = re.compile(r"[^\s,;，；]{1,64}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Contract:
    """Whether an outlet may be sent: its contract, from an instant to before another."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    suspended: bool = False

    def is_open(self, at: datetime) -> bool:
        """Whether the outlet may be sent at an instant."""
        begun = self.valid_from is None or self.valid_from <= at
        over = self.valid_until is not None and self.valid_until <= at
        return begun and not over and not self.suspended


@dataclass(frozen=True, slots=True)
class Who:
    """Who must not, or shall, be sent to whom; what is empty is not said."""

    technician_id: str = ""
    outlet_id: str = ""
    customer_id: str = ""
    address_id: str = ""


def invalid(field: str, english: str, chinese: str) -> InvalidArgument:
    """The refusal of something that makes no sense."""
    return InvalidArgument("REGISTRY_INVALID", english, field=field, details={"zh": chinese})


def require_code(text: str, field: str, *, optional: bool = False) -> str:
    """An id or a code (``REGISTRY_INVALID``)."""
    text = text.strip()
    if (not text and optional) or _CODE.fullmatch(text):
        return text
    raise invalid(
        field,
        f"1 to {_LONGEST_CODE} characters without blanks, commas and semicolons",
        f"1 到 {_LONGEST_CODE} 个字符，不含空格、逗号和分号。",
    )


def require_codes(texts: Iterable[str], field: str) -> list[str]:
    """Codes, each once, in order (``REGISTRY_INVALID``)."""
    codes = sorted({require_code(text, f"{field}[{at}]") for at, text in enumerate(texts)})
    if len(codes) > _MOST_CODES:
        raise invalid(field, f"at most {_MOST_CODES}", f"最多 {_MOST_CODES} 个。")
    return codes


def require_name(text: str, field: str) -> str:
    """What people call it (``REGISTRY_INVALID``)."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_NAME:
        raise invalid(field, f"1 to {_LONGEST_NAME} characters", f"1 到 {_LONGEST_NAME} 个字。")
    return text


def require_text(text: str, field: str) -> str:
    """A text that may say nothing, but not too much (``REGISTRY_INVALID``)."""
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        raise invalid(field, f"at most {_LONGEST_TEXT} characters", f"最多 {_LONGEST_TEXT} 个字。")
    return text


def require_reason(text: str, field: str = "reason") -> str:
    """Why (``REGISTRY_INVALID``)."""
    text = require_text(text, field)
    if not text:
        raise invalid(field, "say why", "请写明原因。")
    return text


def require_modes(texts: Iterable[str], field: str) -> list[str]:
    """How an outlet works with the company: at least one way (``REGISTRY_INVALID``)."""
    modes = sorted(set(texts))
    if not modes or not set(CooperationMode).issuperset(modes):
        raise invalid(
            field,
            f"at least one of {', '.join(CooperationMode)}",
            "至少写一种合作模式：direct 直营、franchise 加盟、key_account 大客户。",
        )
    return modes


def require_team_kind(text: str) -> str:
    """What a team does, as a code (``REGISTRY_INVALID``)."""
    if not _KIND.fullmatch(text):
        raise invalid(
            "team.kind",
            "a code of small letters, digits and '_', such as repair, install or design",
            "请用小写字母、数字和“_”写班组类别，如 repair、install、design。",
        )
    return text


def require_contract(contract: Contract, field: str) -> None:
    """Refuse a contract that is over before it begins (``REGISTRY_INVALID``)."""
    begins, ends = contract.valid_from, contract.valid_until
    if begins is not None and ends is not None and ends <= begins:
        raise invalid(field, "it would be over before it begins", "合同截止要晚于起始。")


def require_excluded(who: Who) -> None:
    """One technician or outlet, and not both a customer and an address (``REGISTRY_INVALID``)."""
    _require_sent(who)
    if who.customer_id and who.address_id:
        raise invalid(
            "address_id",
            "name a customer or an address, or neither for everybody",
            "客户和地址只写一个；都不写表示所有客户。",
        )


def require_preferred(who: Who) -> None:
    """One technician or outlet, by one customer or address (``REGISTRY_INVALID``)."""
    _require_sent(who)
    if bool(who.customer_id) == bool(who.address_id):
        raise invalid("customer_id", "name a customer or an address", "客户和地址要写其中一个。")


def _require_sent(who: Who) -> None:
    if bool(who.technician_id) == bool(who.outlet_id):
        raise invalid("technician_id", "name a technician or an outlet", "师傅和网点要写其中一个。")


def require_lasting(from_at: datetime, until_at: datetime | None, now: datetime) -> None:
    """Refuse what would be over already (``REGISTRY_INVALID``)."""
    if until_at is not None and until_at <= max(from_at, now):
        raise invalid("until_at", "it would be over already", "截止时间要晚于起始时间和现在。")


def check_revision(what: str, seen: int, now: int) -> None:
    """Refuse to change something that is not as it was seen.

    Args:
        what: its id.
        seen: its revision when it was looked at; 0 to change it however it is.
        now: its revision; 0 when it is not there.

    Raises:
        FailedPrecondition: ``REGISTRY_STALE``.
    """
    if seen not in (0, now):
        raise FailedPrecondition(
            "REGISTRY_STALE",
            f"{what!r} is at revision {now}, you saw {seen}: look again",
            field="revision",
            details={"revision": str(now)},
        )


def check_not_ended(what: str, ended_at: datetime | None) -> None:
    """Refuse to end what has ended (``REGISTRY_ENDED``)."""
    if ended_at is not None:
        raise FailedPrecondition("REGISTRY_ENDED", f"{what!r} has ended already")


def require_outlet_of(actor: Actor, outlet_id: str) -> None:
    """Who keeps the staff of one outlet: its manager, and those who keep everybody's.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED`` or ``OUTLET_NOT_YOURS``.
    """
    if actor.has_role(*STAFFING_EVERYWHERE):
        return
    actor.require_role("outlet_manager", *STAFFING_EVERYWHERE)
    if not outlet_id or actor.outlet_id != outlet_id:
        raise PermissionDenied(
            "OUTLET_NOT_YOURS", "outlet managers keep their own outlet only", field="outlet_id"
        )
