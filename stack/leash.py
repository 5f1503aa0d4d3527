"""Start a program that dies with the process that started it, as another user if asked.

Run as a script: ``python -IS leash.py SIGNAL USER PROGRAM [ARGUMENT…]`` with ``-`` for "the same
user". A script of its own, and not ``preexec_fn``, because code between fork and exec is unsafe
in a process that has threads, and gRPC always has.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def leashed(argv: list[str], *, last_signal: signal.Signals, user: str | None = None) -> list[str]:
    """Give the argument vector that runs ``argv`` on a leash."""
    return [sys.executable, "-IS", str(Path(__file__)), str(int(last_signal)), user or "-", *argv]


def _main() -> None:
    last_signal, user, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    parent = os.getppid()
    if user != "-":
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.chdir("/")  # that user may not be able to stand where we stand
    if sys.platform == "linux":
        # After setuid, which clears it. Elsewhere the pid file finds what a killed stack left.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, last_signal)
        if os.getppid() != parent:
            sys.exit("the stack ended while this program was starting")
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    _main()
