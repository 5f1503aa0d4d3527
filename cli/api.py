"""The command line's one way out: HTTP to the gateway, in a chosen person's name."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import httpx
from google.protobuf import json_format
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

_SECONDS: Final = 15.0
_FILE_SECONDS: Final = 40.0
_LONG_SECONDS: Final = 130.0
_TRY_AGAIN_SECONDS: Final = 1.0
_TRIES: Final = 60


class Refused(Exception):
    """The gateway refused, or could not be asked.

    Attributes:
        reason: stable, such as ``PRICING_TIER_MISSING``; empty when nobody answered.
        field: the field at fault, or empty.
    """

    def __init__(
        self,
        message: str,
        reason: str = "",
        field: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.field = field
        self.details = dict(details or {})


@dataclass(frozen=True, slots=True)
class Reply(Generic[M]):
    """An answer as it came, and as the message it is."""

    plain: Any
    message: M


@dataclass(frozen=True, slots=True)
class _Event:
    """One event of a stream."""

    name: str
    event_id: str
    text: str


class Api:
    """The gateway, asked as one person; closed at the end of a ``with``."""

    def __init__(self, client: httpx.Client, act_as: str = "") -> None:
        self._client = client
        self._headers = {"X-Gongdan-Act-As": act_as} if act_as else {}

    @classmethod
    def connect(cls, url: str, token: str, act_as: str = "") -> Api:
        """The gateway at an address."""
        # It is on this machine or named on purpose: no proxy of the environment's.
        client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=_SECONDS,
            trust_env=False,
        )
        return cls(client, act_as)

    @classmethod
    def from_environment(cls, act_as: str = "") -> Api:
        """The gateway named by ``GONGDAN_URL`` and ``GONGDAN_TOKEN``, or this machine's stack.

        The stack's own token goes to the stack alone, never to a gateway named by ``GONGDAN_URL``.
        """
        token = os.environ.get("GONGDAN_TOKEN", "")
        if url := os.environ.get("GONGDAN_URL"):
            return cls.connect(url, token, act_as)
        here = os.environ.get("GONGDAN_GATEWAY_URL", "http://127.0.0.1:8080")
        return cls.connect(here, token or _bootstrap_token(), act_as)

    def as_(self, person_id: str) -> Api:
        """The same gateway, asked as somebody else."""
        return Api(self._client, person_id)

    @property
    def url(self) -> str:
        """Where the product is."""
        return str(self._client.base_url).removesuffix("/api/v1/")

    def __enter__(self) -> Api:
        """Use it for a while."""
        return self

    def __exit__(self, *_how: object) -> None:
        """Let go of its connections."""
        self._client.close()

    def get(self, path: str, message: type[M], **query: Any) -> Reply[M]:
        """Read one message."""
        wanted = {name: value for name, value in query.items() if value not in ("", 0, None)}
        return _reply(self._ask("GET", path, params=wanted).json(), message)

    def send(
        self, verb: str, path: str, message: type[M], body: Any = None, *, key: str = ""
    ) -> Reply[M]:
        """Change something, once for the key, and get a message back."""
        plain = self.change(verb, path, body, key=key)
        return _reply(plain, message)

    def change(self, verb: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """Change something, once for the key."""
        headers = self._headers | {"Idempotency-Key": key or new_key()}
        return self._ask(verb, path, json=body or {}, headers=headers).json()

    def plain(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask for something that is no message."""
        return self._ask(verb, path, json=body, params=query).json()

    def upload(self, path: Path) -> str:
        """Upload a file; its reference.

        Raises:
            Refused: it cannot be read here, or is not taken there.
        """
        content = read_file(path)
        answer = self._ask("POST", "/files", params={"name": path.name}, content=content)
        return str(answer.json()["file_id"])

    def send_content(
        self, path: str, message: type[M], content: bytes, *, key: str = "", **query: Any
    ) -> Reply[M]:
        """Hand in a file's content, once for the key, and get a message back."""
        headers = self._headers | {"Idempotency-Key": key or new_key()}
        how: dict[str, Any] = {"params": query, "headers": headers, "timeout": _FILE_SECONDS}
        return _reply(self._ask("POST", path, content=content, **how).json(), message)

    def content(self, path: str, **query: Any) -> bytes:
        """Read a file."""
        return self._ask("GET", path, params=query, timeout=_FILE_SECONDS).content

    def compute(self, path: str, body: Any) -> bytes:
        """Ask for something that takes its time; nothing is changed."""
        return self._ask("POST", path, json=body, timeout=_LONG_SECONDS).content

    def text(self, path: str, **query: Any) -> str:
        """Read a document."""
        return self._ask("GET", path, params=query).text

    def stream(self, path: str) -> Iterator[Any]:
        """What a live stream tells, until it says that it is over.

        A stream that breaks off is taken up where it was; one that cannot be for a minute is given
        up.
        """
        last, tries = "", 0
        while tries < _TRIES:
            try:
                for event in self._events(path, last):
                    last, tries = event.event_id, 0
                    if event.name == "end":
                        return
                    yield json.loads(event.text)
            except httpx.TransportError:
                tries += 1
            time.sleep(_TRY_AGAIN_SECONDS)
        raise Refused(f"{self.url} has not answered for a minute; `gongdan doctor` says why")

    def _events(self, path: str, last: str) -> Iterator[_Event]:
        headers = self._headers | ({"Last-Event-ID": last} if last else {})
        with self._client.stream("GET", path, headers=headers, timeout=None) as response:
            if response.is_error:
                response.read()
                raise _refusal(response)
            fields: dict[str, str] = {}
            for line in response.iter_lines():
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    yield _Event(fields.get("event", ""), fields.get("id", ""), fields["data"])
                    fields = {}

    def _ask(self, verb: str, path: str, **how: Any) -> httpx.Response:
        how.setdefault("headers", self._headers)
        try:
            response = self._client.request(verb, path, **how)
        except httpx.TransportError as error:
            raise Refused(
                f"{self.url} does not answer ({type(error).__name__});"
                " start the product with `make up`, or set GONGDAN_URL"
            ) from error
        if response.is_error:
            raise _refusal(response)
        return response


def read_file(path: Path) -> bytes:
    """What stands in a file of this machine.

    Raises:
        Refused: ``INPUT_FILE_UNREADABLE``.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error}", "INPUT_FILE_UNREADABLE") from error


def part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def new_key() -> str:
    """A fresh idempotency key."""
    return f"cli-{secrets.token_hex(12)}"


def _reply(plain: Any, message: type[M]) -> Reply[M]:
    # A newer gateway may say more than this command line knows.
    return Reply(plain, json_format.ParseDict(plain, message(), ignore_unknown_fields=True))


def _refusal(response: httpx.Response) -> Refused:
    try:
        problem = response.json()
        return Refused(
            problem["detail"],
            problem["reason"],
            problem.get("field", ""),
            problem.get("details", {}),
        )
    except (ValueError, KeyError, TypeError):
        return Refused(f"{response.url} answered {response.status_code}, not as Gongdan does")


def _bootstrap_token() -> str:
    """The token that the one-machine stack wrote for us; empty where there is none."""
    try:
        return Path(os.environ["GONGDAN_BOOTSTRAP_TOKEN_FILE"]).read_text().strip()
    except (KeyError, OSError):
        return ""
