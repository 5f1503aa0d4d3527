"""Price books in files, checked and asked on this machine, with no server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cli.api import Refused
from cli.price_file import content_of
from cli.price_review import read_territory
from kit.clock import SHANGHAI, SystemClock
from kit.errors import ServiceError
from protos.pricing.v1 import review_pb2 as pb
from services.pricing.convert.price_changes import write_change as workbook
from services.pricing.convert.reviews import (
    change_to_proto,
    context_from_proto,
    finding_to_proto,
    label_of,
    territory_from_proto,
)
from services.pricing.domain.book import BookContent
from services.pricing.domain.checks import Context, Severity, findings
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import hash_content
from services.pricing.domain.sample_orders import sample_orders
from services.pricing.domain.what_if import change_of, outcome

__all__ = ["change_file", "check_file", "workbook"]


def check_file(
    file: Path, against: Path | None, territory: Path | None, request: pb.CheckPriceBookRequest
) -> pb.CheckPriceBookResponse:
    """What the checks find in the book of a file.

    Raises:
        Refused: what is wrong with a file, with its place.
    """
    content = content_of(file)
    in_force = content_of(against) if against else None
    request.territory.extend(read_territory(territory))
    now = SystemClock().now()
    today = now.astimezone(SHANGHAI).date()
    try:
        context = context_from_proto(request, first_day=today, in_force=in_force)
    except ServiceError as error:
        raise Refused(error.message, error.reason, error.field) from error
    found = findings(content, context)
    book, before = _ready(content), _ready(in_force) if in_force else None
    count = Counter(each.severity for each in found)
    return pb.CheckPriceBookResponse(
        findings=[finding_to_proto(each, book, before, now) for each in found],
        refusing=count[Severity.REFUSES],
        to_acknowledge=count[Severity.ACKNOWLEDGE],
        told=count[Severity.TOLD],
    )


def change_file(
    file: Path, against: Path | None, territory: Path | None, request: pb.PreviewPriceChangeRequest
) -> pb.PriceChange:
    """What the book of a file makes of made-up orders, beside the one that it would replace.

    Raises:
        Refused: what is wrong with a file, with its place; ``PRICING_ORDERS_UNKNOWN``.
    """
    if request.WhichOneof("orders") == "month" or against is None:
        raise Refused(
            "a file knows no orders of a month and no version in force: give --sample and"
            " --against FILE",
            "PRICING_ORDERS_UNKNOWN",
        )
    content, in_force = content_of(file), content_of(against)
    today = SystemClock().now().astimezone(SHANGHAI).date().toordinal()
    context = Context(today, territory=territory_from_proto(read_territory(territory)))
    books = (_ready(in_force), _ready(content))
    sample = request.sample
    orders = sample_orders(in_force, context, sample.orders, sample.seed)
    change = change_of((outcome(order, *books) for order in orders), label_of(request.group_by))
    return change_to_proto(change, shortened=False)


def _ready(content: BookContent) -> PriceBook:
    return PriceBook.of(0, hash_content(content), content)
