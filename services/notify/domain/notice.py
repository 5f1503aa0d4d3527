"""How a notice card lays out its body: one big figure, rows of name and value, and free text.

A line ``# ¥1,280.00 预计收益`` is the figure with its caption; a line ``时间：明天 09:00`` is a
row; any other line is free text. A figure or row too many becomes free text, so that no fact is
lost.
"""

import re
from dataclasses import dataclass

_FIGURE = re.compile(r"# (\S+)(?: (.*))?")
# Not every colon names a row: neither a time of day (09:30) nor an address (https://…) does.
_ROW = re.compile(r"([^：:\s][^：:]{0,4})(?:：\s*|: +)(\S.*)")
_MAX_ROWS = 6


@dataclass(frozen=True)
class Notice:
    """The parts of a notice card."""

    figure: str
    caption: str
    rows: tuple[tuple[str, str], ...]
    text: str


def lay_out(body: str) -> Notice:
    """Sort the lines of a body into the card's parts."""
    figure = caption = ""
    rows: list[tuple[str, str]] = []
    text: list[str] = []
    for line in filter(None, map(str.strip, body.split("\n"))):
        if (found := _FIGURE.fullmatch(line)) and not figure:
            figure, caption = found[1], found[2] or ""
        elif (found := _ROW.fullmatch(line)) and len(rows) < _MAX_ROWS:
            rows.append((found[1], found[2]))
        else:
            text.append(line)
    return Notice(figure, caption, tuple(rows), "\n".join(text))
