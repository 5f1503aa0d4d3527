"""`gongdan payload-key add|use|list`: the keys under which payloads are kept in Temporal."""

from pathlib import Path
from typing import Annotated

import typer

from stack import keys
from stack.layout import Layout
from workflows.runtime.shell.payload_keys import (
    PayloadKeyMissing,
    PayloadKeys,
    PayloadKeysMalformed,
    add_key,
    call_current,
)

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
File = Annotated[
    Path | None, typer.Option("--file", help="The file of keys; without it, this machine's")
]


@app.command("add")
def add(file: File = None) -> None:
    """Add a new key; payloads are encrypted under it once it is used."""
    try:
        print(add_key(_path(file)))
    except PayloadKeysMalformed as error:
        raise SystemExit(str(error)) from error


@app.command("use")
def use(key: str, file: File = None) -> None:
    """Have processes that start from now on encrypt under this key."""
    try:
        call_current(_path(file), key)
    except (PayloadKeysMalformed, PayloadKeyMissing) as error:
        raise SystemExit(str(error)) from error


@app.command("list")
def show(file: File = None) -> None:
    """Show the keys' names, and which one is current; never the keys."""
    try:
        known = PayloadKeys(_path(file))
    except PayloadKeysMalformed as error:
        raise SystemExit(str(error)) from error
    for name in known.ids:
        print(f"{name}  current" if name == known.current else name)


def _path(file: Path | None) -> Path:
    return file or keys.payload_keys_file(Layout.of_the_stack().keys)
