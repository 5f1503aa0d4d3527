"""The commands beside a running stack: what is well, what was said, what a container becomes."""

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from stack import doctor, keys, logs, main, probes, running
from stack.layout import Layout
from stack.ports import free_port
from stack.processes import PROCESSES
from stack.role import ROLES


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A stack of its own that does not run; nothing of it answers."""
    ports = {row.port_variable: str(free_port()) for row in PROCESSES if row.port_variable}
    closed = f"postgresql://nobody@127.0.0.1:{free_port()}/x?connect_timeout=1"
    return Layout({"GONGDAN_STATE": str(tmp_path), "DATABASE_URL": closed, **ports})


async def test_doctor_says_first_that_nothing_was_ever_started(layout: Layout) -> None:
    found = await doctor.examine(layout)
    assert [(finding.part, finding.well) for finding in found] == [
        ("supervisor", False),
        ("keys", False),
    ]
    assert "make up" in found[0].advice


async def test_doctor_names_what_to_do_for_each_part_that_does_not_answer(
    layout: Layout,
) -> None:
    keys.make_missing(layout.keys)
    layout.logs.mkdir()
    (layout.logs / "pricing.log").write_text("reading the price book\nout of memory\n")
    with running.alone(layout):
        found = {finding.part: finding for finding in await doctor.examine(layout)}
    well = [part for part, finding in found.items() if finding.well]
    assert well == ["supervisor", "payload keys"]
    assert "its log ends: out of memory" in found["pricing"].advice
    assert "make logs ARGS=pricing" in found["pricing"].advice
    assert "`make up` starts it" in found["notify"].advice
    assert "DATABASE_URL" in found["postgres"].advice


async def test_grpc_probe_tells_no_server_from_one_that_is_not_ready() -> None:
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    with pytest.raises(probes.NotReady, match="nothing answers"):
        await probes.serves_grpc(f"127.0.0.1:{free_port()}")
    await server.start()
    try:
        await servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        with pytest.raises(probes.NotReady, match="says NOT_SERVING"):
            await probes.serves_grpc(f"127.0.0.1:{port}")
        await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
        await probes.serves_grpc(f"127.0.0.1:{port}")
    finally:
        await server.stop(0)


def test_logs_show_the_ends_of_the_chosen_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pricing.log").write_text("".join(f"line {n}\n" for n in range(500)))
    (tmp_path / "notify.log").write_text("hello\n")
    logs.show(tmp_path, ["pricing", "directory"], follow=False)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == logs.LINES_SHOWN
    assert shown[-1] == "pricing   | line 499"


def test_large_logs_are_put_aside_at_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_BYTES", 10)
    (tmp_path / "pricing.log").write_text("more than ten bytes")
    (tmp_path / "notify.log").write_text("little")
    logs.rotate(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"pricing.log.1", "notify.log"}


def test_reset_forgets_everything_but_what_belongs_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    monkeypatch.setenv("GONGDAN_STATE", str(state))
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/x")
    main.prepare(Layout({**os.environ, "GONGDAN_STATE": str(state)}))
    assert (state / "keys" / "gateway.key").exists()
    main.reset(yes=True)
    assert not state.exists()
    assert "postgres belongs to somebody else (DATABASE_URL)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nobody", "postgres", ""])
def test_container_refuses_a_role_that_does_not_exist_and_names_those_that_do(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack.role", *([name] if name else [])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pricing" in done.stderr


def test_every_process_of_ours_is_a_role() -> None:
    assert set(ROLES) == {row.name for row in PROCESSES} - {"postgres", "temporal"}
