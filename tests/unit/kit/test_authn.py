"""Who acts, as a token says it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kit.authn import Actor, TokenMinter, TokenVerifier
from kit.clock import SystemClock
from kit.errors import Unauthenticated
from stack.keys import make_missing

MANAGER = Actor("pe_zhao", frozenset({"pricing_manager"}), ("11",), "ou_1", "console")
LIFETIME = timedelta(minutes=5)


class Watch:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.shows = SystemClock().now()

    def now(self) -> datetime:
        return self.shows


@pytest.fixture
def issued(tmp_path: Path) -> tuple[str, Path]:
    """A token, and the file of those who may issue one."""
    make_missing(tmp_path)
    minter = TokenMinter.from_file(tmp_path / "gateway.key", "gateway", SystemClock())
    return minter.mint(MANAGER, LIFETIME), tmp_path / "issuers.json"


def test_a_token_says_who_acts_until_it_expires_though_it_was_good_before(
    issued: tuple[str, Path],
) -> None:
    token, issuers = issued
    watch = Watch()
    verifier = TokenVerifier.from_file(issuers, watch)
    assert verifier.verify(token) == MANAGER
    watch.shows += LIFETIME
    assert verifier.verify(token) == MANAGER, "five seconds for clocks that differ"
    watch.shows += timedelta(seconds=6)
    for _ in range(2):
        with pytest.raises(Unauthenticated) as refused:
            verifier.verify(token)
        assert refused.value.reason == "TOKEN_INVALID"


def test_a_token_that_was_changed_is_refused_though_the_true_one_is_remembered(
    issued: tuple[str, Path],
) -> None:
    token, issuers = issued
    verifier = TokenVerifier.from_file(issuers)
    assert verifier.verify(token) == MANAGER
    head, claims, signature = token.split(".")
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{head}.{claims[:-2]}AA.{signature}")
