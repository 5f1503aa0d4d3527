"""The values of forms, from files and ``name=value`` pairs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

from cli.api import Refused
from cli.verb import api
from services.gateway.forms import find, kind_of, typed_of, values_of

Values: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--input", "-i", help="A JSON file, name=value or photos=@photo.jpg; may be given again"
    ),
]
#: Kinds of fields that take a file of this machine.
_FILES: Final = ("photo", "file", "signature")


def read_values(given: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """The values of a form or of a case's inputs, from files and ``name=value`` pairs.

    Parts have dotted names (``slot.from=2026-10-01T09:00``, ``lines.0.quantity=2``), and
    ``photos=@photo.jpg`` uploads a file.
    """
    values: dict[str, Any] = {}
    texts: list[tuple[str, str]] = []
    for piece in given:
        name, equals, value = piece.partition("=")
        if equals and not Path(piece).exists():
            texts.append((name.strip(), _uploaded(name.strip(), value, schema)))
        else:
            values |= read_object(Path(piece))
    return values | values_of(schema, typed_of(texts))


def _uploaded(name: str, value: str, schema: dict[str, Any]) -> str:
    """The reference of the file that is named by its path; any other value as it is."""
    path = re.sub(r"\.\d+\.", "[0].", name)
    if value.startswith("@") and kind_of(find(schema, path)) in _FILES:
        return api().upload(Path(value.removeprefix("@")))
    return value


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file (``INPUT_FILE_UNREADABLE``)."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    if not isinstance(content, dict):
        raise Refused(f"{path} must hold a JSON object", "INPUT_FILE_UNREADABLE")
    return content
