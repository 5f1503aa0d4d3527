"""Every command that the documents tell people to give exists, down to its options."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import dev
from stack.entry import app

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "flows/**/*.md", "bench/**/*.md")
    for path in dev.ROOT.glob(pattern)
)
TARGETS = set(re.findall(r"^([a-z]+):", (dev.ROOT / "Makefile").read_text(), re.MULTILINE))
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXPLAINED = re.compile(r"\s+#|\s{2,}")
INLINE = re.compile(r"`([^`\n]+)`")


def commands(text: str) -> Iterator[str]:
    """Give what looks like a command: lines of code blocks, and code in running text.

    What stands after a hash or a gap explains it.
    """
    joined = [block.replace("\\\n", " ") for block in FENCE.findall(text)]
    lines = [line for block in joined for line in block.splitlines()]
    for line in lines + INLINE.findall(FENCE.sub("", text)):
        yield EXPLAINED.split(line.strip().removeprefix("$ "))[0]


def fault(command: str) -> str:
    """Say what is wrong with a command; empty when nothing is, or when it is not one of ours."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    if len(words) < 2:
        return ""
    program, arguments = Path(words[0]).name, words[1:]
    if program == "make":
        asked = [word for word in arguments if re.fullmatch(r"[a-z]+", word)]
        return "".join(f"no target {word}" for word in asked if word not in TARGETS)
    if program.startswith("python") and arguments[0] == "-m":
        return "" if is_module(arguments[1]) else f"no module {arguments[1]}"
    if program == "gongdan":
        return fault_of_gongdan(arguments)
    return ""


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its package is missing already
        return False


def fault_of_gongdan(arguments: list[str]) -> str:
    command: Any = typer.main.get_command(app)
    words = iter(arguments)
    for word in words:
        if word.startswith("-"):
            break
        if not hasattr(command, "commands"):
            break
        if re.search(r"[|…]", word) or word.isupper():
            return ""  # a pattern, such as `gongdan flow publish|list`, or a placeholder
        if word not in command.commands:
            return f"no command {word!r}"
        command = command.commands[word]
    known = {"--help"} | {name for parameter in command.params for name in parameter.opts}
    known |= {name for parameter in command.params for name in parameter.secondary_opts}
    given = {word.partition("=")[0] for word in arguments if re.match(r"--?[a-z]", word)}
    return "".join(f"no option {option}" for option in sorted(given - known))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(dev.ROOT)))
def test_every_command_in_the_documents_exists(document: Path) -> None:
    faults = {
        command: said for command in commands(document.read_text()) if (said := fault(command))
    }
    assert faults == {}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("make upp", "no target upp"),
        ("BENCH=flows make bench", ""),
        ("python -m services.nothing.main", "no module services.nothing.main"),
        (".venv/bin/gongdan flaw list", "no command 'flaw'"),
        ("gongdan doctor", ""),
        ("gongdan logs pricing --folow", "no option --folow"),
        ("gongdan logs pricing -f", ""),
    ],
)
def test_a_wrong_command_would_be_found(command: str, said: str) -> None:
    assert fault(command) == said
