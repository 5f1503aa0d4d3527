from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.wecom.crypto import Seal, SealError
from tests.unit.wecom_simulator.vectors import (
    OPENING,
    POSTED_TEXT,
    RANDOM16,
    REFUSED,
    SEALED,
    Vector,
)

OUR_SEAL = Seal("SimToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")


def open_vector(vector: Vector) -> str:
    seal = Seal(vector.token, vector.aes_key, vector.receiveid)
    sealed = (vector.signature, vector.timestamp, vector.nonce, vector.encrypted)
    return seal.open(*sealed).decode()


@pytest.mark.parametrize("vector", OPENING, ids=lambda vector: vector.name)
def test_a_genuine_callback_opens_to_its_message(vector: Vector) -> None:
    assert open_vector(vector) == vector.plaintext


def test_the_documented_text_message_opens_to_its_fields() -> None:
    message = ElementTree.fromstring(open_vector(POSTED_TEXT))
    shown = {field.tag: field.text for field in message}
    assert shown["Content"] == "hello"
    assert shown["FromUserName"] == "mycreate"
    assert shown["CreateTime"] == "1409659813"
    assert shown["MsgId"] == "4561255354251345929"
    assert shown["AgentID"] == "218"


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector.name)
def test_a_forged_callback_is_refused_with_the_official_number(vector: Vector) -> None:
    with pytest.raises(SealError) as refusal:
        open_vector(vector)
    assert refusal.value.code == vector.error


def test_sealing_gives_the_documented_bytes_and_signature() -> None:
    seal = Seal(SEALED.token, SEALED.aes_key, SEALED.receiveid)
    encrypted = seal.encrypt(SEALED.plaintext.encode(), RANDOM16)
    assert encrypted == SEALED.encrypted
    assert seal.sign(SEALED.timestamp, SEALED.nonce, encrypted) == SEALED.signature


@given(message=st.binary(max_size=200))
def test_whatever_is_sealed_opens_again(message: bytes) -> None:
    encrypted = OUR_SEAL.encrypt(message)
    signature = OUR_SEAL.sign("1", "n", encrypted)
    assert OUR_SEAL.open(signature, "1", "n", encrypted) == message


@given(garbage=st.text(max_size=120))
def test_signed_garbage_is_refused_and_nothing_else_escapes(garbage: str) -> None:
    with pytest.raises(SealError):
        OUR_SEAL.open(OUR_SEAL.sign("1", "n", garbage), "1", "n", garbage)


def test_a_key_of_the_wrong_length_is_named() -> None:
    with pytest.raises(SealError) as refusal:
        Seal("t", "tooshort", "x").encrypt(b"m")
    assert refusal.value.code == -40004
