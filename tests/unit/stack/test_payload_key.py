"""Payload keys are changed while everything runs: a key is added, then used, and none is forgotten."""

from pathlib import Path

from typer.testing import CliRunner

from stack import doctor, payload_key

RUN = CliRunner()


def keys(file: Path, *words: str) -> str:
    done = RUN.invoke(payload_key.app, [*words, "--file", str(file)])
    assert done.exit_code == 0, done.output
    return done.output.strip()


def test_a_key_that_is_added_is_used_only_when_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "payload_keys.json"
    assert keys(file, "add") == "k1"
    assert keys(file, "add") == "k2"
    assert keys(file, "list").splitlines() == ["k1  current", "k2"]
    keys(file, "use", "k2")
    assert keys(file, "list").splitlines() == ["k1", "k2  current"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_key_that_is_not_there_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "payload_keys.json"
    keys(file, "add")
    refused = RUN.invoke(payload_key.app, ["use", "k9", "--file", str(file)])
    assert refused.exit_code != 0
    assert "no key 'k9', only k1" in str(refused.exception) + refused.output


def test_a_file_that_is_no_file_of_keys_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "payload_keys.json"
    file.write_text("somebody's notes")
    assert RUN.invoke(payload_key.app, ["add", "--file", str(file)]).exit_code != 0
    assert file.read_text() == "somebody's notes"


def test_the_doctor_says_which_keys_there_are_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    file = tmp_path / "payload_keys.json"
    keys(file, "add")
    keys(file, "add")
    found = doctor.payload_keys(file)
    assert (found.well, found.says) == (True, "k1, k2; k1 is current")
    file.chmod(0o644)
    found = doctor.payload_keys(file)
    assert not found.well
    assert found.advice == f"chmod 600 {file}"
    file.write_text("{}")
    assert not doctor.payload_keys(file).well
    file.unlink()
    assert "no file of payload keys" in doctor.payload_keys(file).says
