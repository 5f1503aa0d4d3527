"""Migrations: each area has its own schema, its own Alembic versions and its own version table.

``python -m kit.db.migrate all`` brings every schema up to date; it can run again at any time, and
two runs at once wait for each other. ``python -m kit.db.migrate pricing`` does one.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from kit.config import Settings

_ROOT: Final = Path(__file__).resolve().parents[2]

#: Schema of each area, and the folder of its versions.
AREAS: Final[dict[str, tuple[str, Path]]] = {
    "directory": ("directory", _ROOT / "services/directory/migrations"),
    "pricing": ("pricing", _ROOT / "services/pricing/migrations"),
    "workorder": ("workorder", _ROOT / "services/workorder/migrations"),
    "settlement": ("settlement", _ROOT / "services/settlement/migrations"),
    "notify": ("notify", _ROOT / "services/notify/migrations"),
    "flows": ("flows", _ROOT / "workflows/migrations"),
    "gateway": ("edge", _ROOT / "services/gateway/migrations"),
}

#: Anything fixed: the advisory lock that makes two runs wait for each other.
_LOCK: Final = 4_207_361


def migrate(database_url: str, area: str, version: str = "head") -> None:
    """Bring one area's schema to its newest version, or up to an earlier one."""
    schema, versions = AREAS[area]
    engine = create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        connect_args={"options": "-c lock_timeout=60000"},
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.execute(text(f'SET LOCAL search_path = "{schema}"'))
            config.attributes["connection"] = connection
            config.attributes["schema"] = schema
            command.upgrade(config, version)
    finally:
        engine.dispose()


def main() -> None:
    """Migrate the areas named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="Bring database schemas up to date.")
    parser.add_argument("areas", nargs="+", choices=["all", *AREAS], metavar="AREA")
    areas: list[str] = parser.parse_args().areas
    database_url = Settings().database_url
    for area in AREAS if "all" in areas else areas:
        migrate(database_url, area)


if __name__ == "__main__":
    main()
