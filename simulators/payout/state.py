"""What the platform knows: payees with their phones, and transfers on their way."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

Json = dict[str, Any]


class State(StrEnum):
    """A transfer's states, as the documentation spells them."""

    ACCEPTED = "ACCEPTED"
    PROCESSING = "PROCESSING"
    WAIT_USER_CONFIRM = "WAIT_USER_CONFIRM"
    TRANSFERING = "TRANSFERING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELING = "CANCELING"
    CANCELLED = "CANCELLED"


FINAL: Final = (State.SUCCESS, State.FAIL, State.CANCELLED)


@dataclass
class Payee:
    """Somebody with the app on their phone.

    Args:
        trouble: the fail_reason that their transfers end with, such as ACCOUNT_FROZEN; or "".
        confirms: confirms everything at once, as a test may want.
    """

    openid: str
    name: str
    trouble: str = ""
    confirms: bool = False
    wallet_minor: int = 0


@dataclass
class Transfer:
    """One transfer, under the merchant's own number."""

    out_bill_no: str
    transfer_bill_no: str
    openid: str
    amount_minor: int
    scene: str
    remark: str
    notify_url: str
    asked: Json
    created_at: float
    updated_at: float
    state: State = State.ACCEPTED
    fail_reason: str = ""
    confirmed_at: float = 0.0


@dataclass
class Notice:
    """A notification, with what every attempt was answered."""

    id: str
    out_bill_no: str
    state: State
    answers: list[str] = field(default_factory=list)
    taken: bool = False


@dataclass
class Knobs:
    """How slow, strict and patient the platform is. Amounts in fen, times in seconds."""

    processing_seconds: float = 0.0
    transfer_seconds: float = 0.0
    canceling_seconds: float = 0.0
    expires_after_seconds: float = 24 * 3600
    least_minor: int = 10
    most_minor: int = 2_000_000
    named_from_minor: int = 200_000  # from there on the payee's real name is needed
    day_minor: int = 100_000_000
    payee_day_minor: int = 5_000_000
    payee_day_count: int = 10
    calls_per_second: int = 0  # 0: any number
    notice_retry_seconds: float = 1.0
    notice_tries: int = 8
