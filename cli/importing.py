"""Importing a file: what it does is shown first, then done, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from rich.console import RenderableType

from cli.api import Refused, read_file
from cli.output import tell
from cli.verb import api, asked

Preview = TypeVar("Preview", bound=Message)
Done = TypeVar("Done", bound=Message)
_Shown = RenderableType | Iterable[RenderableType]


def import_previewed(
    file: Path,
    path: str,
    preview: tuple[type[Preview], Callable[[Preview], _Shown]],
    done: tuple[type[Done], Callable[[Done], _Shown]],
    known_as: str,
    *,
    dry_run: bool,
    reason: str = "IMPORT_WRONG",
    **query: str,
) -> None:
    """Show what a file does and, unless that is all that is asked, do it as it was shown.

    Args:
        path: where it is done; ``path``/preview says what would be.
        preview: the answer of that, with ``file_sha256`` and what is wrong, and how it is shown.
        done: the answer once it is done, and how it is shown.
        known_as: the preview's field for how things stood, and the parameter that sends it back.
        reason: the refusal's, when anything is wrong.

    Raises:
        Refused: something is wrong, and nothing was imported.
    """
    content = read_file(file)
    seen = api().send_content(f"{path}/preview", preview[0], content, **query)
    told: Any = seen.message
    is_wrong = bool(told.problems or told.wrong)
    if dry_run or is_wrong or not asked().as_json:
        tell(seen, preview[1])
    if is_wrong:
        raise Refused("有问题，什么都没有导入 nothing was imported", reason)
    if dry_run:
        return
    as_seen = {"file_sha256": told.file_sha256, known_as: getattr(told, known_as)}
    tell(api().send_content(path, done[0], content, **query, **as_seen), done[1])
