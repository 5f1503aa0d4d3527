"""`gongdan-run ROLE`: become one process of the table, as a container does."""

import os
import sys

from stack.processes import PROCESSES

ROLES = {process.name: process for process in PROCESSES if process.module}


def main() -> None:
    """Replace this process by the one named in the first argument."""
    name, arguments = (sys.argv[1:2] or [""])[0], sys.argv[2:]
    if name not in ROLES:
        sys.exit(f"usage: gongdan-run {'|'.join(ROLES)} [ARGUMENT…]")
    role = ROLES[name]
    command = [sys.executable, "-m", str(role.module), *(arguments or role.arguments)]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
