"""No process of ours speaks to Temporal in the open, not even on somebody's own machine."""

from pathlib import Path

import pytest

from kit.config import Settings
from workflows.client import Payloads, connect_temporal


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_without_a_file_of_keys_a_process_ends_and_says_why(environment: str) -> None:
    settings = Settings(environment=environment)
    with pytest.raises(SystemExit, match="GONGDAN_PAYLOAD_KEYS_FILE must name"):
        await connect_temporal(settings, lazy=True)
    with pytest.raises(SystemExit, match="GONGDAN_PAYLOAD_KEYS_FILE must name"):
        Payloads.of(settings)


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = Settings(payload_keys_file=tmp_path / "lost.json")
    with pytest.raises(SystemExit, match=r"no file of payload keys at .*lost\.json"):
        await connect_temporal(settings, lazy=True)
