"""Ports and places follow from the environment, and a port in use is named with its holder."""

import os
import socket
import sys
from pathlib import Path

import pytest

from stack import main, ports, running
from stack.layout import Layout
from stack.processes import BY_NAME, PROCESSES, start_waves, with_needs


def test_addresses_in_the_environment_move_a_process() -> None:
    layout = Layout({"GONGDAN_PRICING_ADDRESS": "127.0.0.1:6000", "GONGDAN_GATEWAY_PORT": "8081"})
    assert layout.port(BY_NAME["pricing"]) == 6000
    assert layout.port(BY_NAME["gateway"]) == 8081
    assert layout.port(BY_NAME["notify"]) == 50055


def test_port_that_is_no_number_names_its_variable() -> None:
    with pytest.raises(SystemExit, match="GONGDAN_GATEWAY_PORT='http'"):
        Layout({"GONGDAN_GATEWAY_PORT": "http"}).port(BY_NAME["gateway"])


def test_no_two_processes_share_a_port() -> None:
    listening = [port for _, port, _ in Layout({}).listeners(PROCESSES)]
    assert len(listening) == len(set(listening))


def test_port_in_use_is_refused_with_its_holder_and_the_variable_that_moves_it(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        layout = Layout({"GONGDAN_STATE": str(tmp_path), "GONGDAN_POSTGRES_PORT": str(port)})
        with pytest.raises(SystemExit) as refused:
            main.check_machine((BY_NAME["postgres"],), layout)
        assert f"port {port} for postgres" in str(refused.value)
        assert "set GONGDAN_POSTGRES_PORT" in str(refused.value)
        if sys.platform == "linux":
            assert f"process {os.getpid()} " in ports.holder(port)


def test_other_peoples_servers_are_not_started() -> None:
    layout = Layout({"DATABASE_URL": "postgresql://db/x", "TEMPORAL_ADDRESS": "temporal:7233"})
    started = {name for name, _, _ in layout.listeners(PROCESSES)}
    assert not started & {"postgres", "temporal"}


def test_everything_starts_after_what_it_needs() -> None:
    waves = start_waves(PROCESSES)
    place = {name: number for number, wave in enumerate(waves) for name in wave}
    assert set(place) == set(BY_NAME)
    assert all(place[need] < place[row.name] for row in PROCESSES for need in row.needs)


def test_a_subset_brings_what_it_needs() -> None:
    assert [row.name for row in with_needs(["pricing"])] == ["postgres", "migrate", "pricing"]


def test_second_stack_on_the_same_state_is_refused(tmp_path: Path) -> None:
    layout = Layout({"GONGDAN_STATE": str(tmp_path)})
    assert running.process_id(layout) is None
    with running.alone(layout):
        assert running.process_id(layout) == os.getpid()
        with pytest.raises(SystemExit, match=f"as process {os.getpid()}"), running.alone(layout):
            pass
    assert running.process_id(layout) is None


def test_commands_in_other_terminals_know_what_the_stack_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = {"GONGDAN_STATE": str(tmp_path), "GONGDAN_GATEWAY_PORT": "8081"}
    Layout({**started, "DATABASE_URL": "postgresql://db/x"}).remember()
    monkeypatch.setenv("GONGDAN_STATE", str(tmp_path))
    monkeypatch.delenv("GONGDAN_GATEWAY_PORT", raising=False)
    beside = Layout.of_the_stack()
    assert beside.url("gateway") == "http://127.0.0.1:8081"
    assert beside.external == {"postgres": "DATABASE_URL"}
    assert beside.remembered.stat().st_mode & 0o077 == 0
