"""What a checkout can do, with nothing installed but Python: `python3 dev.py up`, or `make up`.

Builds `.venv` in steps and skips each one while its inputs stay the same, then hands over to the
program asked for. Standard library only, and readable by an older Python, which it then replaces.
"""

from __future__ import annotations

import ast
import filecmp
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
NEEDED_PYTHON = (3, 11)
NEEDED_GIGABYTES = 2
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
CHROMIUMS = ("chromium", "chromium-browser")

# pip's settings and the variables by which uv takes the same.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def find_python() -> None:
    """Go on under a newer interpreter where this one is too old."""
    if sys.version_info >= NEEDED_PYTHON:
        return
    for name in NEWER_PYTHONS:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(f"Gongdan needs Python 3.11 or newer; this is {sys.version.split()[0]}. Install one.")


def output(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it says."""
    return subprocess.run(
        command,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def step(name: str, said: str, inputs: list[str], *commands: list[str]) -> None:
    """Run the commands unless they ran already with the same inputs."""
    stamp = VENV / f".stamp-{name}"
    key = hashlib.sha256("\0".join([str(ROOT), *inputs]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == key:
        return
    began = time.monotonic()
    print(f"  {said} …", end="", flush=True)
    for command in commands:
        done = output(command)
        if done.returncode:
            print(f" failed\n{done.stdout}")
            sys.exit(f"This failed: {' '.join(command)}\nPut it right and run the same again.")
    stamp.write_text(key)
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def check_machine() -> None:
    """Say what is missing before anything is downloaded."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"{sys.executable} cannot make virtual environments. "
            f"On Debian and Ubuntu: apt-get install python{version}-venv"
        )
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GIGABYTES:
        sys.exit(
            f"{ROOT} has {free:.1f} GB left; installing needs {NEEDED_GIGABYTES} GB. Make room."
        )


def install(lock: str) -> None:
    """Bring `.venv` to what the lock file names, with the project itself in it."""
    bootstrap, wanted = REQUIREMENTS / "bootstrap.lock", REQUIREMENTS / f"{lock}.lock"
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON)]
    if not PYTHON.exists():  # never made, or its interpreter was removed
        shutil.rmtree(VENV, ignore_errors=True)
    if not (VENV / f".stamp-{lock}").exists():
        check_machine()
    base = getattr(sys, "_base_executable", sys.executable)
    step("venv", "creating .venv", [], [base, "-m", "venv", "--clear", str(VENV)])
    step(
        "bootstrap",
        "installing the installer",
        [bootstrap.read_text()],
        [*pip, "--require-hashes", "-r", str(bootstrap)],
    )
    os.environ.update(uv_settings())
    step(
        lock,
        f"installing {wanted.read_text().count('==')} packages",
        [wanted.read_text()],
        [*uv, "--compile-bytecode", "--require-hashes", "-r", str(wanted)],
    )
    step(
        "project",
        "installing the project itself",
        [(ROOT / "pyproject.toml").read_text()],
        [*uv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    )


def uv_settings() -> dict[str, str]:
    """Give uv what pip was told about mirrors and certificates; uv does not read it itself."""
    stamp = VENV / ".stamp-pip"
    if not stamp.exists():
        stamp.write_text(output([str(PYTHON), "-m", "pip", "config", "list"]).stdout)
    settings = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    for line in stamp.read_text().splitlines():
        name, _, value = line.partition("=")
        variable = UV_NAMES.get(name.rpartition(".")[2])
        if variable and variable not in os.environ:
            values = ast.literal_eval(value).split()
            if variable == "UV_FIND_LINKS":  # pip passes over a folder that is not there
                values = [place for place in values if "://" in place or Path(place).exists()]
            settings[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(values)
    if "UV_INDEX" in settings:  # pip takes the best of all its indexes; the hashes keep it safe
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def generate(target: Path) -> None:
    """Write the Python of every proto below the target, in the proto's own folder."""
    outputs = [f"--{plugin}_out={target}" for plugin in ("python", "grpc_python")]
    outputs += [f"--{plugin}_out=quiet:{target}" for plugin in ("mypy", "mypy_grpc")]
    protos = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "protos").rglob("*.proto"))
    run("-m", "grpc_tools.protoc", "-I.", *outputs, *protos)


def generated(root: Path) -> set[str]:
    """Name the files below the root that were generated from protos."""
    found = (path for kind in ("py", "pyi") for path in root.glob(f"protos/**/*_pb2*.{kind}"))
    return {str(path.relative_to(root)) for path in found}


def stale_protos() -> list[str]:
    """Name the generated files that differ from what the protos say."""
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        made, found = generated(Path(fresh)), generated(ROOT)
        both = sorted(made & found)
        _, different, missing = filecmp.cmpfiles(fresh, ROOT, both, shallow=False)
    return sorted({*different, *missing, *(made ^ found)})


def check() -> None:
    """Run every fast check, then say which ones failed."""
    checks = {
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "lint": ["ruff", "check", "--quiet", "."],
        "imports": ["lint-imports"],
        "types": ["mypy", "--no-error-summary"],
    }
    failed = []
    for name, command in checks.items():
        began = time.monotonic()
        done = output([str(VENV / "bin" / command[0]), *command[1:]])
        print(
            f"  {name:8} {'failed' if done.returncode else 'ok'} {time.monotonic() - began:.1f} s"
        )
        if done.returncode:
            failed.append(name)
            print(done.stdout)
    stale = stale_protos()
    print(f"  protos   {'failed' if stale else 'ok'}")
    if stale:
        failed.append("protos")
        print("These differ from their .proto; run `make protos`:", *stale, sep="\n    ")
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


def install_chromium() -> None:
    """Let the browser tests find a browser, where we may install one."""
    if any(map(shutil.which, CHROMIUMS)) or not list((ROOT / "tests/browser").glob("test_*.py")):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return  # the browser tests say why they skip; in CI they fail
    packages = ["chromium", "fonts-noto-cjk"]
    apt = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    step("chromium", "installing Chromium", [], ["apt-get", "-qq", "update"], apt)


def run(*arguments: str) -> None:
    """Run a program of the environment and end with its exit code if it fails."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"  # protoc finds its plug-ins there
    code = subprocess.run(
        [str(PYTHON), *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, check=False
    ).returncode
    if code:
        sys.exit(code)


def test(*arguments: str) -> None:
    """Run the fast checks and then every test but the long ones."""
    install_chromium()
    check()
    # Most tests wait for servers: two modules at a time, those that take longest first.
    together = ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"]
    run("-m", "pytest", "tests", "--ignore=tests/soak", *together, *arguments)


def lock() -> None:
    """Pin every dependency again, with hashes and without the address of any index."""
    uv = [str(VENV / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    uv += ["--no-header", "--no-annotate", "--no-emit-index-url", "--upgrade"]
    image = [*uv, "pyproject.toml"]
    project = [*image, "--extra", "embedded"]
    for command in (
        [*uv, "requirements/bootstrap.in", "-o", "requirements/bootstrap.lock"],
        [*project, "-o", "requirements/run.lock"],
        [*project, "--extra", "dev", "-c", "requirements/run.lock", "-o", "requirements/dev.lock"],
        [*image, "-c", "requirements/run.lock", "-o", "requirements/image.lock"],
    ):
        subprocess.run(command, cwd=ROOT, check=True)


STACK_VERBS = ("up", "down", "reset", "doctor", "logs")
DEVELOPER_VERBS = {
    "install": lambda: None,
    "check": check,
    "test": test,
    "soak": lambda *arguments: run("-m", "pytest", "tests/soak", *arguments),
    "bench": lambda *arguments: run("-m", "bench", *arguments),
    "protos": lambda: generate(ROOT),
    "lock": lock,
}


def main() -> None:
    """Do what the first argument names."""
    find_python()
    verb, arguments = (sys.argv[1:2] or ["help"])[0], sys.argv[2:]
    if verb in STACK_VERBS:
        install("run")
        os.chdir(ROOT)
        os.execv(PYTHON, [str(PYTHON), "-m", "stack.main", verb, *arguments])
    if verb not in DEVELOPER_VERBS:
        sys.exit(f"usage: dev.py {'|'.join([*STACK_VERBS, *DEVELOPER_VERBS])}")
    install("dev")
    DEVELOPER_VERBS[verb](*arguments)


if __name__ == "__main__":
    main()
