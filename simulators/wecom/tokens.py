"""Access tokens: one per app while it lives, refused once expired or revoked."""

import hmac
import secrets
from dataclasses import dataclass, field

from simulators.wecom.errors import WecomError
from simulators.wecom.state import App

_BAN_SECONDS = 3600.0


@dataclass
class Token:
    """A token's owner and end."""

    agentid: int
    expires_at: float


@dataclass
class TokenBook:
    """Issues tokens and knows the ones it issued.

    `rotate_on_fetch` gives a new token at every fetch, which the real service does not do.
    `bad_secret_ban_after` wrong secrets from one address ban that address for an hour.
    """

    ttl: float = 7200.0
    rotate_on_fetch: bool = False
    bad_secret_ban_after: int | None = None
    _tokens: dict[str, Token] = field(default_factory=dict)
    _current: dict[int, str] = field(default_factory=dict)
    _bad_secrets: dict[str, int] = field(default_factory=dict)
    _banned_until: dict[str, float] = field(default_factory=dict)

    def issue(self, app: App, now: float) -> tuple[str, int]:
        """The app's token and how many seconds it has left."""
        current = self._current.get(app.agentid)
        token = self._tokens.get(current or "")
        if current is None or token is None or token.expires_at <= now or self.rotate_on_fetch:
            current = secrets.token_urlsafe(160)
            token = Token(app.agentid, now + self.ttl)
            self._tokens[current] = token
            self._current[app.agentid] = current
        return current, int(token.expires_at - now)

    def owner(self, text: str, now: float) -> int:
        """The agentid that a token speaks for."""
        token = self._tokens.get(text)
        if token is None:
            raise WecomError(40014)
        if token.expires_at <= now:
            raise WecomError(42001)
        return token.agentid

    def expire_now(self, agentid: int, now: float) -> None:
        """End the app's token as if its time had passed: 42001."""
        current = self._current.pop(agentid, None)
        if current is not None:
            self._tokens[current].expires_at = now

    def revoke(self, agentid: int) -> None:
        """Make every token of the app unknown: 40014."""
        self._current.pop(agentid, None)
        self._tokens = {
            text: token for text, token in self._tokens.items() if token.agentid != agentid
        }

    def app_of_secret(self, apps: list[App], secret: str, ip: str, now: float) -> App:
        """The app that a secret opens, or a refusal that may end in a ban."""
        if self._banned_until.get(ip, 0.0) > now:
            raise WecomError(45009)
        for app in apps:
            if hmac.compare_digest(app.secret.encode(), secret.encode()):
                self._bad_secrets.pop(ip, None)
                return app
        self._bad_secrets[ip] = self._bad_secrets.get(ip, 0) + 1
        if self.bad_secret_ban_after and self._bad_secrets[ip] >= self.bad_secret_ban_after:
            self._banned_until[ip] = now + _BAN_SECONDS
            self._bad_secrets.pop(ip)
        raise WecomError(40001)
