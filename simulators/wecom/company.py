"""The running company: who there is, what was sent, and which phone changed when."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field

from simulators.journal import Journal
from simulators.wecom import seed
from simulators.wecom.clock import Clock
from simulators.wecom.faults import FaultPlan
from simulators.wecom.limits import ApiLimit, MemberLimit
from simulators.wecom.state import (
    App,
    CallbackRecord,
    CardState,
    Json,
    Member,
    Message,
    ResponseCode,
)
from simulators.wecom.tokens import TokenBook


@dataclass
class Knobs:
    """How strict and how patient the simulator is."""

    strict_cards: bool = False  # refuse texts that phones would only cut
    callback_timeout_seconds: float = 5.0
    callback_retry_seconds: float = 1.0


@dataclass
class Company:
    """All state of one simulated company; chats survive a restart through the journal."""

    clock: Clock
    journal: Journal
    apps: dict[int, App]
    corpid: str = seed.CORPID
    members: dict[str, Member] = field(
        default_factory=lambda: {member.userid: member for member in seed.MEMBERS}
    )
    knobs: Knobs = field(default_factory=Knobs)
    tokens: TokenBook = field(default_factory=TokenBook)
    member_limit: MemberLimit = field(default_factory=MemberLimit)
    api_limit: ApiLimit = field(default_factory=ApiLimit)
    faults: FaultPlan = field(default_factory=FaultPlan)
    api_calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    messages: dict[str, Message] = field(default_factory=dict)
    chats: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    lost: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    response_codes: dict[str, ResponseCode] = field(default_factory=dict)
    callbacks: list[CallbackRecord] = field(default_factory=list)
    chat_versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    revision: int = 0
    _first_apps: dict[int, App] = field(init=False)
    _digests: dict[str, float] = field(default_factory=dict)
    _card_task_ids: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read back what an earlier run kept."""
        self._first_apps = deepcopy(self.apps)
        for setting in self.journal.all("clock"):
            self.clock.offset = setting["offset"]
        for body in self.journal.all("message"):
            cards = {userid: CardState(**card) for userid, card in body.pop("cards").items()}
            self._remember(Message(**body, cards=cards))
        for body in self.journal.all("response_code"):
            self.response_codes[body["code"]] = ResponseCode(**body)

    def member(self, userid: str) -> Member | None:
        """A member by user id, whose case does not matter."""
        return self.members.get(userid.lower())

    def next_message_id(self) -> int:
        """The number of the next message."""
        return len(self.messages) + 1

    def accept(self, message: Message) -> None:
        """Keep a message, deliver it within the members' limits, and show it."""
        if not message.dropped_duplicate:
            for userid in message.recipients:
                admitted = self.member_limit.admit(message.agentid, userid, message.sent_at)
                (message.delivered if admitted else message.dropped_rate).append(userid)
        self._index(message)
        self.save(message)

    def save(self, message: Message) -> None:
        """Write a message's present form and refresh its readers' phones."""
        self.journal.put("message", f"{message.id:012}", asdict(message))
        self.touch(message.recipients)

    def touch(self, userids: Iterable[str]) -> None:
        """Mark phones as changed."""
        self.revision += 1
        for userid in userids:
            self.chat_versions[userid] = self.revision

    def is_duplicate(self, digest: str, interval: float, now: float) -> bool:
        """Whether the same bytes came within the interval."""
        first_seen = self._digests.get(digest)
        return first_seen is not None and now - first_seen < interval

    def card_task_id_used(self, agentid: int, task_id: str) -> bool:
        """Whether the app has sent a card under this task id before."""
        return (agentid, task_id) in self._card_task_ids

    def new_response_code(self, message: Message) -> ResponseCode:
        """Grant one change of a card."""
        code = ResponseCode(
            secrets.token_urlsafe(32), message.msgid, message.agentid, self.clock.now()
        )
        self.keep_response_code(code)
        return code

    def keep_response_code(self, code: ResponseCode) -> None:
        """Store a response code, new or just used."""
        self.response_codes[code.code] = code
        self.journal.put("response_code", code.code, asdict(code))

    def advance_clock(self, seconds: float) -> None:
        """Move time forward, also for the next start."""
        self.clock.advance(seconds)
        self.journal.put("clock", "offset", {"offset": self.clock.offset})
        self.touch(self.members)

    def reset(self) -> None:
        """Begin anew: chats, faults, tokens and changes to apps are gone; the clock goes on."""
        self.journal.clear()
        self.journal.put("clock", "offset", {"offset": self.clock.offset})
        self.apps = deepcopy(self._first_apps)
        self.knobs, self.tokens, self.faults = Knobs(), TokenBook(), FaultPlan()
        self.member_limit, self.api_limit = MemberLimit(), ApiLimit()
        for kept in (self.messages, self.chats, self.lost, self.response_codes, self.callbacks):
            kept.clear()
        self.api_calls.clear()
        self._digests.clear()
        self._card_task_ids.clear()
        self.touch(self.members)

    def _remember(self, message: Message) -> None:
        for userid in message.delivered:
            self.member_limit.restore(message.agentid, userid, message.sent_at)
        self._index(message)
        self.touch(message.delivered)

    def _index(self, message: Message) -> None:
        self.messages[message.msgid] = message
        for userid in message.delivered:
            self.chats[userid].append(message)
        for userid in message.dropped_rate:
            self.lost[userid] += 1
        if not message.dropped_duplicate:
            self._digests[message.digest] = message.sent_at
        task_id = card_task_id(message.content)
        if message.msgtype == "template_card" and task_id:
            self._card_task_ids.add((message.agentid, task_id))


def card_task_id(card: Json) -> str:
    """The id under which a card's events come back; empty when it has none."""
    return str(card.get("task_id") or "")
