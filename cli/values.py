"""The values of forms, from files and ``name=value`` pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from cli.api import Refused
from services.gateway.forms import typed_of, values_of

Values: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", help="A JSON file, or name=value; may be given again"),
]


def read_values(given: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """The values of a form or of a case's inputs, from files and ``name=value`` pairs."""
    values: dict[str, Any] = {}
    texts: list[tuple[str, str]] = []
    for piece in given:
        name, equals, value = piece.partition("=")
        if equals and not Path(piece).exists():
            texts.append((name.strip(), value))
        else:
            values |= _read_file(Path(piece))
    return values | values_of(schema, typed_of(texts))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    if not isinstance(content, dict):
        raise Refused(f"{path} must hold a JSON object", "INPUT_FILE_UNREADABLE")
    return content
