"""What the simulated company consists of: members, apps, and the messages they received."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A person with a WeCom account; one without a base-API licence receives nothing."""

    userid: str
    name: str
    position: str
    departments: tuple[int, ...]
    licensed: bool = True


@dataclass(frozen=True)
class CallbackTarget:
    """Where an app's events go, and the secrets they are sealed with."""

    url: str
    token: str
    aes_key: str


@dataclass
class App:
    """A self-built app of the company."""

    agentid: int
    secret: str
    name: str
    enabled: bool = True
    trusted_ips: frozenset[str] = frozenset()  # empty: no restriction
    denied_apis: frozenset[str] = frozenset()
    hidden_from: frozenset[str] = frozenset()  # members outside the app's visible range
    callback: CallbackTarget | None = None


@dataclass
class CardState:
    """What one member's copy of a card has become."""

    replaced_button: str = ""  # the grey, dead button's text
    replaced_card: Json | None = None


@dataclass
class Message:
    """One accepted `message/send`, with what became of it for each recipient."""

    id: int
    msgid: str
    agentid: int
    sent_at: float
    raw_body: str
    digest: str
    msgtype: str
    content: Json
    recipients: list[str]
    delivered: list[str] = field(default_factory=list)
    dropped_rate: list[str] = field(default_factory=list)
    dropped_duplicate: bool = False
    invalid: Json = field(default_factory=dict)
    lint: list[str] = field(default_factory=list)
    cards: dict[str, CardState] = field(default_factory=dict)
    recalled_at: float | None = None


@dataclass
class ResponseCode:
    """The right to change a card once, within 72 hours."""

    code: str
    msgid: str
    agentid: int
    issued_at: float
    used_at: float | None = None


@dataclass
class CallbackAttempt:
    """One POST of an event to the app: when, and what came back."""

    at: float
    answer: str  # an HTTP status, or why there was none


@dataclass
class CallbackRecord:
    """An event sent to an app, with every attempt."""

    id: int
    agentid: int
    plaintext: str
    attempts: list[CallbackAttempt] = field(default_factory=list)
    accepted: bool = False
