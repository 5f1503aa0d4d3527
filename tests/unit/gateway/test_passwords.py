"""Secrets are kept so that nobody reads them back."""

from services.gateway.passwords import (
    csrf_token,
    hash_password,
    new_token,
    password_matches,
    token_hash,
)


def test_only_the_right_password_matches() -> None:
    kept = hash_password("correct horse battery")
    assert password_matches("correct horse battery", kept)
    assert not password_matches("correct horse batterz", kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hash_password("tell nobody") != hash_password("tell nobody")


def test_a_token_says_what_it_is_for_and_is_kept_as_its_hash() -> None:
    token = new_token("gdt")
    assert token.startswith("gdt_")
    assert len(token_hash(token)) == 32
    assert token_hash(token) != token_hash(new_token("gdt"))


def test_the_csrf_token_follows_from_the_session_but_does_not_tell_it() -> None:
    session = new_token("gds")
    assert csrf_token(session) == csrf_token(session)
    assert session not in csrf_token(session)
