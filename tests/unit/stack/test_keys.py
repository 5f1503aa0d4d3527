"""Secrets are made once, kept, private, and told to those who need them."""

import json
from pathlib import Path

from stack import keys


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    keys.make_missing(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    keys.make_missing(tmp_path / "keys")
    after = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert before == after
    private = {
        "gateway.key",
        "worker.key",
        "pii.key",
        "payload_keys.json",
        "bootstrap.token",
        "wecom.env",
        "payout_merchant.key",
        "payout_merchant.pub",
        "payout_platform.key",
        "payout_platform.pub",
        "payout_api.key",
    }
    assert set(before) == {*private, "issuers.json"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").iterdir())
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_every_process_knows_the_issuers_but_only_its_own_secrets(tmp_path: Path) -> None:
    keys.make_missing(tmp_path)
    assert set(json.loads((tmp_path / "issuers.json").read_text())) == {"gateway", "worker"}
    assert set(keys.environment_for((), tmp_path)) == {"GONGDAN_ISSUERS_FILE"}
    worker = keys.environment_for(("worker",), tmp_path)
    assert worker["GONGDAN_SIGNING_KEY_FILE"] == str(tmp_path / "worker.key")
    assert worker["GONGDAN_SIGNING_ISSUER"] == "worker"
    assert set(worker) & {"GONGDAN_PII_KEY_FILE", "GONGDAN_WECOM_SECRET"} == set()


def test_every_secret_variable_is_known_so_that_it_can_be_withheld(tmp_path: Path) -> None:
    keys.make_missing(tmp_path)
    wecom, payout = ("wecom_app", "wecom_callback"), ("payout_merchant", "payout_platform")
    told = keys.environment_for(
        (*keys.ISSUERS, "pii", "payloads", "bootstrap", *wecom, *payout), tmp_path
    )
    assert set(told) - {"GONGDAN_ISSUERS_FILE"} == keys.VARIABLES


def test_the_payout_sandbox_and_the_product_each_know_their_own_half(tmp_path: Path) -> None:
    keys.make_missing(tmp_path)
    merchant = keys.environment_for(("payout_merchant",), tmp_path)
    platform = keys.environment_for(("payout_platform",), tmp_path)
    assert "GONGDAN_PAYOUT_PLATFORM_KEY_FILE" not in merchant
    assert "GONGDAN_PAYOUT_MERCHANT_KEY_FILE" not in platform
    assert all(Path(path).exists() for path in {**merchant, **platform}.values())
