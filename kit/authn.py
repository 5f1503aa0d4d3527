"""Who acts: a short-lived token, signed by the gateway or the worker, checked offline by all.

The token is a JWT signed with Ed25519 (RFC 8037) that carries the person, their roles and scopes.
A process that only checks tokens holds only public keys.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import jwt

from kit.clock import Clock, SystemClock
from kit.errors import PermissionDenied, Unauthenticated

_ALGORITHM: Final = "EdDSA"
_AUDIENCE: Final = "gongdan"
_LEEWAY_SECONDS: Final = 5
#: Tokens that were good; more than one process is sent within the life of one.
_MOST_REMEMBERED: Final = 10_000

#: Metadata key under which a token travels.
TOKEN_METADATA_KEY: Final = "authorization"

#: Person id under which the product itself acts (flows, schedules, the relay).
SYSTEM_PERSON_ID: Final = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person a call is made for.

    ``roles`` are the directory's; ``region_adcodes`` limits them (empty: everywhere); ``origin``
    says where the act came from ("console", "cli", "wecom", "h5", "flow").
    """

    person_id: str
    roles: frozenset[str] = field(default_factory=frozenset)
    region_adcodes: tuple[str, ...] = ()
    outlet_id: str = ""
    origin: str = ""

    @property
    def is_system(self) -> bool:
        """Whether the product itself acts, not a person."""
        return self.person_id == SYSTEM_PERSON_ID

    def has_role(self, *roles: str) -> bool:
        """Whether the actor holds one of the roles; the system holds them all."""
        return self.is_system or not self.roles.isdisjoint(roles)

    def require_role(self, *roles: str) -> None:
        """Raise ``PermissionDenied`` (``ROLE_REQUIRED``) unless the actor holds one of the roles."""
        if not self.has_role(*roles):
            raise PermissionDenied(
                "ROLE_REQUIRED", f"this needs one of the roles: {', '.join(sorted(roles))}"
            )


#: The product itself, as flows, schedules and the relay act.
SYSTEM: Final = Actor(SYSTEM_PERSON_ID, origin="flow")

_current: ContextVar[Actor | None] = ContextVar("actor", default=None)


def current_actor() -> Actor:
    """The actor of the call being served.

    Raises:
        Unauthenticated: ``ACTOR_MISSING`` outside a call.
    """
    actor = _current.get()
    if actor is None:
        raise Unauthenticated("ACTOR_MISSING", "no actor: the call carries no token")
    return actor


def set_current_actor(actor: Actor) -> None:
    """Make this the actor of the call being served (the authenticating interceptor does)."""
    _current.set(actor)


class TokenMinter:
    """Signs tokens in one issuer's name."""

    def __init__(self, private_key_pem: str, issuer: str, clock: Clock) -> None:
        self._key = private_key_pem
        self._issuer = issuer
        self._clock = clock

    @classmethod
    def from_file(cls, path: Path, issuer: str, clock: Clock) -> TokenMinter:
        """Read the private key from a PEM file."""
        return cls(path.read_text(), issuer, clock)

    def mint(self, actor: Actor, lifetime: timedelta = timedelta(minutes=5)) -> str:
        """A token for this actor, good for ``lifetime``."""
        now = self._clock.now()
        claims = {
            "iss": self._issuer,
            "aud": _AUDIENCE,
            "sub": actor.person_id,
            "iat": now,
            "exp": now + lifetime,
            "roles": sorted(actor.roles),
            "regions": list(actor.region_adcodes),
            "outlet": actor.outlet_id,
            "origin": actor.origin,
        }
        return jwt.encode(claims, self._key, _ALGORITHM, headers={"kid": self._issuer})


class TokenVerifier:
    """Checks tokens against the public keys of the issuers it trusts.

    A token that was good is remembered until it expires: most are sent many times over.
    """

    def __init__(self, public_keys_pem: dict[str, str], clock: Clock | None = None) -> None:
        self._keys = public_keys_pem
        self._clock = clock or SystemClock()
        self._good: dict[str, tuple[Actor, float]] = {}

    @classmethod
    def from_file(cls, path: Path, clock: Clock | None = None) -> TokenVerifier:
        """Read ``{issuer: public key PEM}`` from a JSON file."""
        return cls(json.loads(path.read_text()), clock)

    def verify(self, token: str) -> Actor:
        """The actor a token speaks for.

        Raises:
            Unauthenticated: ``TOKEN_INVALID`` when it is malformed, expired, from an unknown
                issuer or not signed by it.
        """
        actor, expires_at = self._good.get(token) or self._read(token)
        if self._clock.now().timestamp() >= expires_at + _LEEWAY_SECONDS:
            raise Unauthenticated("TOKEN_INVALID", "the actor token has expired")
        return actor

    def _read(self, token: str) -> tuple[Actor, float]:
        """The actor, and until when, in seconds since 1970."""
        try:
            issuer = jwt.get_unverified_header(token).get("kid", "")
            key = self._keys[issuer]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "iss", "aud"], "verify_exp": False},
            )
        except (jwt.InvalidTokenError, KeyError) as error:
            raise Unauthenticated("TOKEN_INVALID", "the actor token is not valid") from error
        actor = Actor(
            person_id=claims["sub"],
            roles=frozenset(claims.get("roles", ())),
            region_adcodes=tuple(claims.get("regions", ())),
            outlet_id=claims.get("outlet", ""),
            origin=claims.get("origin", ""),
        )
        if len(self._good) >= _MOST_REMEMBERED:
            self._good.clear()
        good = self._good[token] = actor, float(claims["exp"])
        return good
