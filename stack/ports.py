"""Ports: find a free one, and say who holds one that is not."""

import socket
from contextlib import suppress
from pathlib import Path
from secrets import choice

_LISTEN = "0A"  # the state of a listening socket in /proc/net/tcp
# Outgoing connections get higher ones; one of them could take a port while its process starts again.
_FOR_LISTENERS = range(15_000, 32_768)


def free_port() -> int:
    """Give a loopback port that nobody listens on now."""
    while not is_free(port := choice(_FOR_LISTENERS)):
        pass
    return port


def is_free(port: int) -> bool:
    """Tell whether we could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Name the process that listens on the port, where the system lets us see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().split(b"\0")
                command = b" ".join(words).decode(errors="replace").strip()
                return f"process {process.name} ({command[:80]})"
    return "another process"


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes
