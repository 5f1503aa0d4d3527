"""`gongdan price`: what a price book would answer, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli import price_review
from cli.output import tell_plain
from cli.quote import explained
from cli.verb import noun, verb
from protos.pricing.v1 import pricing_pb2

app = noun("price", "Prices 价格: ask a price book, with or without a server.")
price_review.add_to(app)


@verb(app, "eval")
def evaluate(
    book: Annotated[
        Path, typer.Argument(metavar="BOOK", help="A price book, JSON or YAML", exists=True)
    ],
    request: Annotated[
        Path, typer.Argument(metavar="REQUEST", help="The facts of a quote", exists=True)
    ],
) -> None:
    """What a book in a file answers to the facts in another; no server is asked.

    With --json: {total, currency, lines: [{code, label, amount}], explanation}, amounts as decimal
    strings; a line is what one rule, or one tax, adds to the total.
    """
    # The evaluator takes a moment to load, which other commands need not wait for.
    from cli.price_file import quote_from  # noqa: PLC0415
    from cli.price_lines import as_lines  # noqa: PLC0415

    quote = quote_from(book, request)

    def human(_: Any) -> RenderableType:
        return _shown(quote)

    tell_plain(as_lines(quote), human)


def _shown(quote: pricing_pb2.QuoteResult) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415 - only people need it

    return Group(*explained(quote))
