"""`gongdan flow draft`: draft → checked → published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import Reply, part
from cli.flow_check import read
from cli.flow_show import card, check_lines
from cli.output import facts, screen, state, table, tell, time
from cli.verb import api, noun, verb
from protos.flow.v1 import flow_pb2

app = noun("draft", "Drafts 草稿: keep, check, publish or discard one.")

_Flow = Annotated[str, typer.Argument(metavar="FLOW")]
_Revision = Annotated[
    int, typer.Option(help="The revision you saw; default: whatever is newest", min=0)
]
_File = Annotated[
    Path, typer.Argument(help="flow.yaml, or the folder it is in", exists=True, readable=True)
]


@verb(app)
def save(
    flow: _Flow,
    file: _File,
    after: Annotated[
        int, typer.Option(help="The revision you began from; 0 begins a draft", min=0)
    ] = 0,
) -> None:
    """Keep a file as the next revision of a flow's draft; refused when somebody saved meanwhile."""
    body = {"source": read(file), "after_revision": after}
    tell(api().send("PUT", _path(flow), flow_pb2.FlowDraft, body), draft_card)


@verb(app)
def show(flow: _Flow) -> None:
    """The draft of a flow with its text."""
    reply = _draft(flow)
    tell(reply, lambda draft: [draft_card(draft)])
    screen().print(reply.message.source, markup=False)


@verb(app, "list")
def list_drafts() -> None:
    """The draft of each flow that has one."""

    def shown(answer: flow_pb2.ListDraftsResponse) -> RenderableType:
        rows = table("flow", "revision", "state", "from version", "saved", "by")
        for draft in answer.drafts:
            rows.add_row(
                draft.flow_code,
                str(draft.revision),
                state(draft),
                str(draft.base_version or ""),
                time(draft.saved_at),
                draft.saved_by_person_id,
            )
        return rows

    tell(api().get("/flow-drafts", flow_pb2.ListDraftsResponse), shown)


@verb(app)
def check(flow: _Flow, revision: _Revision = 0) -> None:
    """Check a draft and keep the verdict; exits 1 when it cannot be published."""
    body = {"revision": revision or _draft(flow).message.revision}
    reply = api().send("POST", f"{_path(flow)}/check", flow_pb2.CheckDraftResponse, body)
    tell(reply, lambda answer: [*check_lines(answer.check), draft_card(answer.draft)])
    if not reply.message.check.publishable:
        raise typer.Exit(1)


@verb(app)
def publish(flow: _Flow, revision: _Revision = 0) -> None:
    """Publish a checked draft as the next version."""
    body = {"revision": revision or _draft(flow).message.revision}
    tell(api().send("POST", f"{_path(flow)}/publish", flow_pb2.FlowVersion, body), card)


@verb(app)
def discard(flow: _Flow, revision: _Revision = 0) -> None:
    """Throw a draft away."""
    body = {"revision": revision or _draft(flow).message.revision}
    reply = api().send("POST", f"{_path(flow)}/discard", flow_pb2.DiscardDraftResponse, body)
    tell(reply, lambda _: "discarded 已丢弃")


def draft_card(draft: flow_pb2.FlowDraft) -> RenderableType:
    """A draft in a few lines."""
    return facts(
        ("flow", draft.flow_code),
        ("revision", str(draft.revision)),
        ("state", state(draft)),
        ("from version", str(draft.base_version or "")),
        ("saved", f"{time(draft.saved_at)} by {draft.saved_by_person_id}"),
    )


def _draft(flow: str) -> Reply[flow_pb2.FlowDraft]:
    return api().get(_path(flow), flow_pb2.FlowDraft)


def _path(flow: str) -> str:
    return f"/flows/{part(flow)}/draft"
