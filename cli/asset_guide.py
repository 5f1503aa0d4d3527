"""`gongdan asset guide`: how models are installed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import state, table, tell, text
from cli.verb import api, noun, verb
from protos.workorder.v1 import asset_pb2

app = noun("guide", "Installation guides 安装指南: documents, videos, 3D models.")


class Kind(StrEnum):
    """What one looks at."""

    DOCUMENT = "document"
    VIDEO = "video"
    MODEL_3D = "model-3d"

    @property
    def wanted(self) -> str:
        """What the API calls it."""
        return f"GUIDE_KIND_{self.name}"


@verb(app)
def add(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    kind: Annotated[Kind, typer.Argument(help="文档, 视频 or 3D 模型")],
    reference: Annotated[
        str, typer.Argument(metavar="LINK|@FILE", help="https://…, or a file to upload")
    ],
    title: Annotated[str, typer.Option()],
    version: Annotated[str, typer.Option(help="Such as 2.1")],
    brand: Annotated[str, typer.Option(help="Of whatever brand")] = "",
    language: Annotated[str, typer.Option()] = "zh",
) -> None:
    """Add a version of a guide."""
    if reference.startswith("@"):
        reference = api().upload(Path(reference[1:]))
    body = {
        "brand": brand,
        "model": model,
        "kind": kind.wanted,
        "language": language,
        "version": version,
        "title": title,
        "reference": reference,
    }
    made = api().send("POST", "/guides", asset_pb2.Guide, body)
    tell(made, lambda guide: _table([guide]))


@verb(app, "list")
def list_guides(
    model: Annotated[str, typer.Argument(metavar="[MODEL]")] = "",
    asset: Annotated[str, typer.Option(help="Of this asset's model")] = "",
    kind: Annotated[Kind | None, typer.Option()] = None,
    language: Annotated[str, typer.Option()] = "",
    past: Annotated[bool, typer.Option("--past", help="Older and retired ones, too")] = False,
) -> None:
    """Guides, of each kind and language the newest version."""
    query = {
        "model": model,
        "asset_id": asset,
        "kind": kind.wanted if kind else "",
        "language": language,
        "include_past": "true" if past else "",
    }
    found = api().get("/guides", asset_pb2.ListGuidesResponse, **query)
    tell(found, lambda answer: _table(answer.guides))


@verb(app)
def retire(guide: Annotated[str, typer.Argument(metavar="GUIDE", help="gd_…")]) -> None:
    """Take a guide out of use."""
    retired = api().send("POST", f"/guides/{part(guide)}/retire", asset_pb2.Guide)
    tell(retired, lambda found: _table([found]))


def _table(guides: Iterable[asset_pb2.Guide]) -> RenderableType:
    rows = table("guide", "brand", "model", "kind", "language", "version", "title", "reference")
    for guide in guides:
        rows.add_row(
            guide.guide_id,
            text(guide.brand),
            text(guide.model),
            state(guide, "kind"),
            guide.language,
            guide.version,
            text(guide.title),
            guide.reference,
        )
    return rows
