"""The payload keys of the tests: kept with the recorded histories, and used nowhere else."""

from pathlib import Path
from typing import Final

from workflows.runtime.shell.payload_keys import PayloadKeys

KEYS_FILE: Final = Path(__file__).parent / "replay" / "payload_keys.json"
KEYS: Final = PayloadKeys(KEYS_FILE)
