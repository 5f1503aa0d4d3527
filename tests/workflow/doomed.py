"""A worker in a process of its own, for tests that kill it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeAlias

from tests.payloads import KEYS_FILE
from tests.workflow.conftest import AREAS, Office

Doomed: TypeAlias = asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def doomed_worker(office: Office, folder: Path) -> AsyncIterator[Doomed]:
    """A worker of this office; killed at the end, unless it is dead by then.

    Args:
        folder: where its signing key is put.
    """
    (folder / "tests.key").write_text(office.served.signing.private_key)
    environment = os.environ | {
        "TEMPORAL_ADDRESS": office.temporal.service_client.config.target_host,
        "DATABASE_URL": office.served.database_url,
        "GONGDAN_SIGNING_KEY_FILE": str(folder / "tests.key"),
        "GONGDAN_SIGNING_ISSUER": "tests",
        "GONGDAN_PAYLOAD_KEYS_FILE": str(KEYS_FILE),
        **{f"GONGDAN_{area.upper()}_ADDRESS": office.served.address for area in AREAS},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workflow.worker_process"), env=environment
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
