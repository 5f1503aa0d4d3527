"""Which build of the deciding code this is: what a case's run may depend on, and nothing else.

A release that leaves this code as it was has the same build, and its workers simply join those that
are there. So the id is the interpreter's version and a hash of the files: ``1-3f9a0c2b7d41``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from workflows.compiler.plan import INTERPRETER_VERSION

_ROOT: Final = Path(__file__).resolve().parent.parent
#: Everything that the workflows import of ours; a test compares it with what they do import.
DECIDING: Final = (
    "kit/__init__.py",
    "kit/calendar.py",
    "kit/clock.py",
    "kit/errors.py",
    "kit/money.py",
    "workflows/activities/acts.py",
    "workflows/activities/migrating.py",
    "workflows/compiler/control.py",
    "workflows/compiler/dominators.py",
    "workflows/compiler/plan.py",
    "workflows/compiler/soundness/**/*.py",
    "workflows/language/**/*.py",
    "workflows/runtime/**/*.py",
    "workflows/system/**/*.py",
)


def deciding_files() -> list[Path]:
    """The files that the build's id is a hash of."""
    return sorted(path for pattern in DECIDING for path in _ROOT.glob(pattern))


def build_id() -> str:
    """The id of this build."""
    digest = hashlib.sha256()
    for path in deciding_files():
        digest.update(f"{path.relative_to(_ROOT)}\0".encode() + path.read_bytes())
    return f"{INTERPRETER_VERSION}-{digest.hexdigest()[:12]}"
