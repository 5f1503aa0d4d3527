"""What people read: tables, amounts on the right, times of Shanghai, states in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.box import SIMPLE
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from cli.api import M, Reply
from cli.verb import asked
from kit.clock import SHANGHAI
from kit.money import Money
from kit.rpc.convert import instant_from_proto
from protos.common.v1 import money_pb2, place_pb2
from services.gateway.words import enum_term, word
from workflows.language.times import shanghai_text

#: Headings whose columns hold amounts or counts.
_RIGHT: Final = frozenset({"amount", "posted", "pending", "total", "share", "score", "#", "before"})


def screen(*, errors: bool = False) -> Console:
    """Where people read; with ``errors`` beside what a program might read."""
    # Into a pipe there is no width to keep to: nothing is folded that a program might look for.
    out = sys.stderr if errors else sys.stdout
    return Console(highlight=False, stderr=errors, width=None if out.isatty() else 200)


def tell(reply: Reply[M], human: Callable[[M], RenderableType | Iterable[RenderableType]]) -> None:
    """Print an answer: as it came with ``--json``, otherwise as people read it."""
    if asked().as_json:
        print(json.dumps(reply.plain, ensure_ascii=False, indent=2))
        return
    shown = human(reply.message)
    parts = [shown] if isinstance(shown, (str, Table)) else list(shown)  # type: ignore[arg-type]  # any other renderable comes in a list
    for piece in parts:
        screen().print(_or_nothing(piece))


def tell_plain(plain: Any, human: Callable[[Any], RenderableType]) -> None:
    """Print an answer that is no message."""
    if asked().as_json:
        print(json.dumps(plain, ensure_ascii=False, indent=2))
    else:
        screen().print(_or_nothing(human(plain)))


def _or_nothing(piece: RenderableType) -> RenderableType:
    """A list without rows says so, instead of being headings over nothing."""
    if isinstance(piece, Table) and piece.show_header and not piece.row_count:
        return "[dim]没有 nothing[/]"
    return piece


def table(*headings: str, title: str = "") -> Table:
    """An empty table; amounts stand on the right."""
    made = Table(
        title=title or None, title_justify="left", header_style="bold", box=SIMPLE, pad_edge=False
    )
    for heading in headings:
        right = heading in _RIGHT
        made.add_column(
            heading, justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    return made


def facts(*rows: tuple[str, str]) -> Table:
    """Names with their values, the empty ones left out."""
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in rows:
        if value:
            made.add_row(name, value)
    return made


def text(plain: str) -> str:
    """A text of somebody else's, with nothing in it taken for markup."""
    return escape(plain)


def money(amount: money_pb2.Money) -> str:
    """An amount, red when it takes away; empty when there is none."""
    if not amount.currency:
        return ""
    written = str(Money(amount.currency, amount.amount_minor))
    return f"[red]{written}[/]" if amount.amount_minor < 0 else written


def place(where: place_pb2.Place) -> str:
    """Where something is: in words, with the code that prices go by."""
    zones = " ".join(where.zone_codes)
    return " ".join(part for part in (where.place_name, where.adcode, zones) if part)


def time(instant: Timestamp) -> str:
    """An instant as clocks in China show it; empty when unset."""
    if not instant.seconds:
        return ""
    return local(instant_from_proto(instant))


def moment(instant: Timestamp) -> str:
    """An instant with its year, to the minute; empty when unset."""
    if not instant.seconds:
        return ""
    return shanghai_text(instant_from_proto(instant))


def local(instant: datetime) -> str:
    """An instant as clocks in China show it."""
    return f"{instant.astimezone(SHANGHAI):%m-%d %H:%M:%S}"


def history(changes: Iterable[Any]) -> Table:
    """A row for each change of a state: when, from where to where, by whom and why."""
    rows = table("when", "from", "to", "by", "reason")
    for change in changes:
        rows.add_row(
            time(change.changed_at),
            word(enum_term(change, "previous_state")) if change.previous_state else "",
            state(change, "new_state"),
            change.acting_person_id,
            text(change.reason),
        )
    return rows


def state(message: Message, field: str = "state") -> str:
    """An enum's value in Chinese, with the English word beside it."""
    chinese, english = (word(enum_term(message, field), language) for language in ("zh", "en"))
    return chinese if chinese == english else f"{chinese} [dim]{english}[/]"
