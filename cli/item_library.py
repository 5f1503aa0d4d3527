"""The two libraries, as people name them on the command line."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer


class Library(StrEnum):
    """Which library."""

    PROJECT = "project"
    PARTS = "parts"

    @property
    def catalogue(self) -> str:
        """What the API calls it."""
        return _CATALOGUES[self]


_CATALOGUES = {
    Library.PROJECT: "CATALOGUE_PROJECT_LIBRARY",
    Library.PARTS: "CATALOGUE_SPARE_PART_LIBRARY",
}


class Retired(StrEnum):
    """Whether retired items are wanted."""

    NO = "no"
    ALSO = "also"
    ONLY = "only"

    @property
    def wanted(self) -> str:
        """What the API calls it; empty for what it does by itself."""
        return {"no": "", "also": "RETIRED_ITEMS_INCLUDED", "only": "RETIRED_ITEMS_ONLY"}[self]


_LIBRARY_HELP = "project 项目库 or parts 备件库"
OfLibrary: TypeAlias = Annotated[
    Library | None, typer.Option("--library", "-l", help=_LIBRARY_HELP)
]
InLibrary: TypeAlias = Annotated[Library, typer.Option("--library", "-l", help=_LIBRARY_HELP)]
WantRetired: TypeAlias = Annotated[Retired, typer.Option(help="Retired items 停用: no, also, only")]
Parent: TypeAlias = Annotated[str, typer.Option(help="Only right below this item")]


def catalogue_of(library: Library | None) -> str:
    """What the API calls it; empty for both."""
    return library.catalogue if library else ""
