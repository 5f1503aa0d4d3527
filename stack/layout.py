"""Where things are on this machine: the state directory, its files, and who listens where."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.processes import BY_NAME, Process

PROJECT = Path(__file__).resolve().parent.parent
UI_PORT_VARIABLE = "GONGDAN_TEMPORAL_UI_PORT"
_EXTERNAL = {"postgres": "DATABASE_URL", "temporal": "TEMPORAL_ADDRESS"}


@dataclass(frozen=True)
class Layout:
    """The places of one stack; all of them follow from its environment."""

    environment: Mapping[str, str]

    @classmethod
    def of_this_process(cls) -> "Layout":
        """Read the environment that the command was started with."""
        return cls(dict(os.environ))

    @classmethod
    def of_the_stack(cls) -> "Layout":
        """The same, knowing also what the stack was told that was started here last."""
        here = cls.of_this_process()
        if not here.remembered.exists():
            return here
        return cls({**json.loads(here.remembered.read_text()), **here.environment})

    def remember(self) -> None:
        """Keep what moves things, for the commands that people give in other terminals."""
        moving = {UI_PORT_VARIABLE, *_EXTERNAL.values()}
        moving |= {process.port_variable for process in BY_NAME.values()} - {""}
        told = {name: self.environment[name] for name in moving if name in self.environment}
        self.remembered.touch(mode=0o600)  # DATABASE_URL holds a password
        self.remembered.write_text(json.dumps(told))

    @property
    def remembered(self) -> Path:
        """What the last stack was told about ports and servers."""
        return self.state / "environment.json"

    @property
    def state(self) -> Path:
        """The directory that keeps all of it: data, logs, keys."""
        return Path(self.environment.get("GONGDAN_STATE", PROJECT / ".state")).absolute()

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.state / "logs"

    @property
    def pid_files(self) -> Path:
        """One file a running process, with its id inside."""
        return self.state / "pids"

    @property
    def keys(self) -> Path:
        """Secrets made at the first start, readable by their owner alone."""
        return self.state / "keys"

    @property
    def lock(self) -> Path:
        """Held, with the supervisor's process id inside, while a stack runs."""
        return self.state / "running"

    def port(self, process: Process) -> int:
        """Give the port of a process: the table's, unless the environment moves it."""
        given = self.environment.get(process.port_variable)
        if not given:
            return process.port
        try:
            return int(given.rpartition(":")[2])
        except ValueError as problem:
            raise SystemExit(
                f"{process.port_variable}={given!r} must be a port or end in :port"
            ) from problem

    def listeners(self, processes: Iterable[Process]) -> list[tuple[str, int, str]]:
        """Give every port our own processes will hold: who, which, and the variable to move it."""
        held = [
            (process.name, self.port(process), process.port_variable)
            for process in processes
            if process.port and process.name not in self.external
        ]
        if any(name == "temporal" for name, _, _ in held):
            held.append(("Temporal's pages", self.temporal_ui_port, UI_PORT_VARIABLE))
        return held

    @property
    def temporal_ui_port(self) -> int:
        """The port of Temporal's own pages."""
        return int(self.environment.get(UI_PORT_VARIABLE, 8233))

    @property
    def temporal_ui_url(self) -> str:
        """Where Temporal's own pages are."""
        return f"http://127.0.0.1:{self.temporal_ui_port}"

    @property
    def codec_endpoint(self) -> str:
        """Where Temporal's own pages and command line have payloads decrypted."""
        return f"{self.url('gateway')}/temporal/codec"

    @property
    def external(self) -> Mapping[str, str]:
        """The servers somebody else runs for us: process name to the variable that says so."""
        return {name: var for name, var in _EXTERNAL.items() if self.environment.get(var)}

    def pages(self) -> dict[str, str]:
        """Give the variables that tell our programs where the pages are."""
        return {
            "GONGDAN_GATEWAY_URL": self.url("gateway"),
            "GONGDAN_TEMPORAL_UI_URL": self.temporal_ui_url,
            "GONGDAN_WECOM_SANDBOX_URL": self.url("wecom"),
        }

    def url(self, name: str) -> str:
        """Where a process that serves pages is."""
        return f"http://127.0.0.1:{self.port(BY_NAME[name])}"

    @property
    def temporal_address(self) -> str:
        """Where Temporal answers: the embedded one, or the one named by TEMPORAL_ADDRESS."""
        given = self.environment.get("TEMPORAL_ADDRESS")
        return given or f"127.0.0.1:{self.port(BY_NAME['temporal'])}"
