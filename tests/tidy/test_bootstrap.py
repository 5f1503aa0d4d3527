"""A bare machine gets from nothing to the product by dev.py, and is told plainly what it lacks."""

import ast
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

import dev

MAKEFILE = (dev.ROOT / "Makefile").read_text()
DiskUsage = namedtuple("DiskUsage", "total used free")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that is not there yet, for dev.py to fill."""
    folder = tmp_path / ".venv"
    folder.mkdir()
    monkeypatch.setattr(dev, "VENV", folder)
    return folder


def test_an_older_python_can_read_it_and_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ast.parse((dev.ROOT / "dev.py").read_text(), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        dev.find_python()


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((dev.ROOT / "dev.py").read_text())
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    } | {
        str(node.module).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names


def test_step_runs_again_only_when_its_inputs_change(environment: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = [sys.executable, "-c", f"open({str(ran)!r}, 'a').write('x')"]
    dev.step("lock", "installing", ["a==1"], command)
    dev.step("lock", "installing", ["a==1"], command)
    assert ran.read_text() == "x"
    dev.step("lock", "installing", ["a==2"], command)
    assert ran.read_text() == "xx"


def test_step_that_failed_says_so_and_runs_again(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the mirror is away')"]
    for _ in range(2):
        with pytest.raises(SystemExit, match="This failed:"):
            dev.step("lock", "installing", [], command)
        assert "the mirror is away" in capsys.readouterr().out


def test_python_without_ensurepip_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"apt-get install python3\.\d+-venv"):
        dev.check_machine()


def test_full_disk_is_told_before_anything_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: DiskUsage(10**12, 10**12, 3 * 10**8))
    with pytest.raises(SystemExit, match=r"has 0\.3 GB left; installing needs 2 GB"):
        dev.check_machine()


def test_mirror_that_pip_was_told_of_reaches_uv(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*dev.UV_NAMES.values(), "UV_INDEX_STRATEGY"):
        monkeypatch.delenv(name, raising=False)
    (environment / ".stamp-pip").write_text(
        "global.index-url='https://mirror.example/simple'\n"
        "install.extra-index-url='https://a.example\\nhttps://b.example'\n"
        f":env:.find-links='{environment} /not-there https://c.example'\n"
        "global.timeout='60'\n"
    )
    settings = dev.uv_settings()
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert settings["UV_INDEX"] == "https://a.example https://b.example"
    assert settings["UV_FIND_LINKS"] == f"{environment},https://c.example"
    assert settings["UV_PYTHON_DOWNLOADS"] == "never"


def test_make_and_dev_know_the_same_verbs() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
    verbs = {*dev.STACK_VERBS, *dev.DEVELOPER_VERBS}
    assert targets - {"help", "clean"} == verbs - {"install"}


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "help"], cwd=dev.ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE):
        assert f"make {target} " in shown


@pytest.mark.parametrize("name", ["bootstrap", "run", "dev", "image"])
def test_every_pinned_package_is_hashed_and_no_index_is_named(name: str) -> None:
    text = (dev.REQUIREMENTS / f"{name}.lock").read_text()
    pinned = re.findall(r"^[\w.\[\]-]+==.*$", text, re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned)
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("name", ["dev", "image"])
def test_all_locks_pin_the_same_version_of_a_package(name: str) -> None:
    def pins(lock: str) -> dict[str, str]:
        text = (dev.REQUIREMENTS / f"{lock}.lock").read_text()
        return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))

    run = pins("run")
    assert {package: version for package, version in pins(name).items() if package in run} == {
        package: version for package, version in run.items() if package in pins(name)
    }


def test_generated_code_is_what_the_protos_say() -> None:
    assert dev.stale_protos() == []
