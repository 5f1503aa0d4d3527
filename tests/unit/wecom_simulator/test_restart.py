import os
import subprocess
import sys
from pathlib import Path

from simulators.wecom.seed import AGENTID
from tests.wecom_server import wecom_server

TEXT = {"msgtype": "text", "text": {"content": "你好"}}


async def test_a_restart_keeps_chats_limits_and_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "wecom.sqlite"
    async with wecom_server(file=file) as first:
        await first.advance(3600)
        for _ in range(30):
            await first.send(touser="lisheji", **TEXT)
        before = (await first.http.get("/_sim/clock")).json()["now"]
    async with wecom_server(file=file) as second:
        assert len(await second.messages()) == 30
        assert (await second.http.get("/_sim/clock")).json()["now"] >= before
        await second.send(touser="lisheji", **TEXT)
        assert (await second.messages())[-1]["dropped_rate"] == ["lisheji"]


async def test_a_restart_still_recognises_a_repetition(tmp_path: Path) -> None:
    checked = {**TEXT, "enable_duplicate_check": 1}
    file = tmp_path / "wecom.sqlite"
    async with wecom_server(file=file) as first:
        await first.send(touser="lisheji", **checked)
    async with wecom_server(file=file) as second:
        await second.send(touser="lisheji", **checked)
        assert [m["dropped_duplicate"] for m in await second.messages()] == [False, True]


async def test_reset_empties_every_phone_and_forgets_tokens(tmp_path: Path) -> None:
    async with wecom_server(file=tmp_path / "wecom.sqlite") as wecom:
        token = await wecom.token()
        await wecom.send(touser="lisheji", **TEXT)
        await wecom.admin("reset")
        assert await wecom.messages() == []
        refused = await wecom.call("message/send", {"agentid": AGENTID}, token)
        assert refused["errcode"] == 40014


def test_it_refuses_to_start_in_production() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "simulators.wecom.main"],
        env={**os.environ, "ENV": "production"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == 1
    assert "must never run in production" in started.stderr
