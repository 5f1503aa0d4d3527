"""What Temporal is given to keep: nothing that it could read, and nothing that could be changed."""

import json
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from workflows.runtime.shell.payload_codec import PayloadCipher, PayloadCorrupt
from workflows.runtime.shell.payload_keys import (
    PayloadKeyMissing,
    PayloadKeys,
    PayloadKeysMalformed,
    add_key,
    call_current,
)

FORM = {"note": "西门进，二楼", "rooms": [{"area": 12, "kind": "客厅"}] * 60}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    add_key(tmp_path / "payload_keys.json")
    return tmp_path / "payload_keys.json"


def plain(value: object) -> Payload:
    return Payload(
        metadata={"encoding": b"json/plain", "messageType": b"x"}, data=json.dumps(value).encode()
    )


@pytest.mark.parametrize("value", ["", "好", FORM])
def test_a_payload_comes_back_as_it_was(file: Path, value: object) -> None:
    cipher = PayloadCipher(PayloadKeys(file))
    kept = cipher.encrypt(plain(value))
    assert kept.metadata["encoding"] == b"binary/encrypted"
    assert kept.metadata["encryption-key-id"] == b"k1"
    assert cipher.decrypt(kept) == plain(value)


def test_temporal_sees_neither_content_nor_kind_and_never_the_same_bytes_twice(file: Path) -> None:
    cipher = PayloadCipher(PayloadKeys(file))
    first, second = (cipher.encrypt(plain("西门进")) for _ in range(2))
    assert set(first.metadata) == {"encoding", "encryption-key-id"}
    assert json.dumps("西门进").encode() not in first.data
    assert first.data != second.data


def test_a_long_payload_is_kept_smaller_and_a_short_one_is_not_touched(file: Path) -> None:
    cipher = PayloadCipher(PayloadKeys(file))
    long = cipher.encrypt(plain(FORM))
    assert long.metadata["compression"] == b"zstd"
    assert len(long.data) < len(plain(FORM).data) / 4
    assert "compression" not in cipher.encrypt(plain("短")).metadata


@pytest.mark.parametrize("value", ["短", FORM])
def test_a_changed_payload_is_refused(file: Path, value: object) -> None:
    cipher = PayloadCipher(PayloadKeys(file))
    kept = cipher.encrypt(plain(value))
    for place in (0, 12, len(kept.data) // 2, len(kept.data) - 1):
        changed = Payload()
        changed.CopyFrom(kept)
        data = bytearray(kept.data)
        data[place] ^= 1
        changed.data = bytes(data)
        with pytest.raises(PayloadCorrupt):
            cipher.decrypt(changed)
    cut_off = Payload(metadata=kept.metadata, data=kept.data[:5])
    with pytest.raises(PayloadCorrupt):
        cipher.decrypt(cut_off)


def test_what_stands_outside_cannot_be_changed_either(file: Path) -> None:
    add_key(file)
    cipher = PayloadCipher(PayloadKeys(file))
    kept = cipher.encrypt(plain(FORM))
    for name, value in (("encryption-key-id", b"k2"), ("compression", b"")):
        changed = Payload()
        changed.CopyFrom(kept)
        changed.metadata[name] = value
        with pytest.raises(PayloadCorrupt):
            cipher.decrypt(changed)


def test_what_was_never_encrypted_is_passed_on(file: Path) -> None:
    by_hand = plain("temporal workflow signal")
    assert PayloadCipher(PayloadKeys(file)).decrypt(by_hand) == by_hand


def test_a_key_is_changed_while_everything_runs(file: Path) -> None:
    worker = PayloadCipher(PayloadKeys(file))
    before = worker.encrypt(plain("before"))
    add_key(file)
    call_current(file, "k2")
    restarted = PayloadCipher(PayloadKeys(file))
    after = restarted.encrypt(plain("after"))
    assert after.metadata["encryption-key-id"] == b"k2"
    assert worker.decrypt(after) == plain("after"), "it looks into the file again"
    assert restarted.decrypt(before) == plain("before")
    assert worker.encrypt(plain("later")).metadata["encryption-key-id"] == b"k1", "until it ends"


def test_a_missing_key_is_named_and_may_be_put_back(file: Path, tmp_path: Path) -> None:
    add_key(file)
    call_current(file, "k2")
    kept = PayloadCipher(PayloadKeys(file)).encrypt(plain("kept"))
    whole = file.read_text()
    keys = json.loads(whole)
    file.write_text(json.dumps({"current": "k1", "keys": {"k1": keys["keys"]["k1"]}}))
    other = PayloadCipher(PayloadKeys(file))
    with pytest.raises(
        PayloadKeyMissing, match=r"'k2' is not in .*payload_keys.json, which has k1"
    ):
        other.decrypt(kept)
    file.write_text(whole)
    assert other.decrypt(kept) == plain("kept")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"current": "k1", "keys": {}}',
        '{"current": "k1", "keys": {"k1": "c2hvcnQ="}}',
        '{"current": "k1", "keys": {"k1": "no base 64"}}',
        '{"current": "k1", "keys": {"k1": 7}}',
    ],
)
def test_a_file_that_is_no_file_of_keys_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "payload_keys.json"
    file.write_text(content)
    with pytest.raises(PayloadKeysMalformed, match=r"payload_keys\.json"):
        PayloadKeys(file)


def test_no_file_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadKeysMalformed, match="no file of payload keys"):
        PayloadKeys(tmp_path / "nowhere.json")
