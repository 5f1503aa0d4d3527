"""A build's id changes with the code that decides, and with nothing else."""

import subprocess
import sys
from pathlib import Path

import workflows
from workflows.build import build_id, deciding_files
from workflows.compiler.plan import INTERPRETER_VERSION

ROOT = Path(workflows.__file__).parent.parent
#: Imports every workflow, and names the files of ours that came with them.
IMPORTED = """
import importlib, pathlib, pkgutil, sys
import workflows.runtime.workflow, workflows.runtime.shell.field_work, workflows.system as system
for module in pkgutil.iter_modules(system.__path__):
    importlib.import_module(f"workflows.system.{module.name}")
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] in ("kit", "protos", "services", "workflows") and module.__file__:
        print(module.__file__)
"""


def test_a_build_is_named_by_its_interpreter_and_its_code() -> None:
    version, _, digest = build_id().partition("-")
    assert (version, len(digest)) == (str(INTERPRETER_VERSION), 12)


def test_everything_that_a_workflow_imports_of_ours_is_in_the_builds_id() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, cwd=ROOT
    )
    imported = {Path(line) for line in done.stdout.splitlines()}
    assert {path for path in imported if path.stat().st_size} - set(deciding_files()) == set()
