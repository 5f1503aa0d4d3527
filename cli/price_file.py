"""Price books and requests as files: read and asked on this machine, with no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from google.protobuf import json_format
from google.protobuf.message import Message

from cli.api import Refused
from kit.clock import SystemClock
from kit.errors import ServiceError
from protos.pricing.v1 import book_pb2, library_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.books import content_from_proto, item_codes
from services.pricing.convert.items import catalogue_name
from services.pricing.convert.quotes import (
    asked_of,
    inputs_of,
    question_from_proto,
    quoted_to_proto,
    settle,
)
from services.pricing.domain.book import BookContent, PricedItem
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import check_content, hash_content
from services.pricing.domain.quote import evaluate

_BOOK: Final = "price_book"
_PROJECTS: Final = "project_library"

M = TypeVar("M", bound=Message)


class _Reader(yaml.SafeLoader):
    """Reads instants and days as the text they are."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the class above has it
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_plain(file: Path) -> Any:
    """What a JSON or YAML file holds.

    Raises:
        Refused: ``PRICING_FILE_MALFORMED``, with the line and column.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return json.loads(text) if file.suffix == ".json" else yaml.load(text, _Reader)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise Refused(f"{file}: {error}", "PRICING_FILE_MALFORMED") from error


def content_of(file: Path) -> BookContent:
    """The book in a file: as ``price_book`` beside its ``items``, or alone; items that it does not
    list are named by their codes. It is checked as publishing would.

    Raises:
        Refused: ``PRICING_FILE_MALFORMED``; whatever is wrong with the book, each with its place.
    """
    plain = read_plain(file)
    if not isinstance(plain, dict):
        raise Refused(f"{file}: a price book is an object", "PRICING_FILE_MALFORMED")
    said = _message(file, plain.get(_BOOK, plain), book_pb2.PriceBookVersion())
    listed = [_message(file, item, library_pb2.Item()) for item in plain.get("items", ())]
    missing = item_codes(said) - {item.item_code for item in listed}
    unlisted = [library_pb2.Item(item_code=code) for code in sorted(missing)]
    try:
        content = content_from_proto(said, [_named(item) for item in (*listed, *unlisted)])
        check_content(content, {item.item_code for item in content.items})
    except ServiceError as error:
        raise _refused(file, error) from error
    return content


def _named(item: library_pb2.Item) -> PricedItem:
    catalogue = catalogue_name(item.catalogue) or _PROJECTS
    return PricedItem(item.item_code, item.name or item.item_code, catalogue, item.unit)


def quote_from(book_file: Path, request_file: Path) -> pb.QuoteResult:
    """A quote for the facts in a file (alone, or as ``facts``), by the book in another.

    Raises:
        Refused: what is wrong with either, with its place.
    """
    content = content_of(book_file)
    plain = read_plain(request_file)
    facts = plain.get("facts", plain) if isinstance(plain, dict) else plain
    asked = _message(request_file, facts, pb.QuoteFacts())
    now = SystemClock().now()
    asked.price_book_code = asked.price_book_code or content.head.price_book_code
    said = asked_of(asked, now)
    settle(asked, said)
    book = PriceBook.of(0, hash_content(content), content)
    try:
        inputs = inputs_of(asked, said, book)
        quoted = evaluate(book, question_from_proto(asked, inputs))
    except ServiceError as error:
        raise _refused(request_file, error) from error
    return quoted_to_proto(quoted, asked, inputs, book, quoted_at=now)


def _message(file: Path, plain: Any, message: M) -> M:
    try:
        return json_format.ParseDict(plain, message)
    except json_format.ParseError as error:
        raise Refused(f"{file}: {error}", "PRICING_FILE_MALFORMED") from error


def _refused(file: Path, error: ServiceError) -> Refused:
    said = error.details or {error.field: f"{error.reason}: {error.message}"}
    told = "\n".join(f"{file}: {field}: {each}" for field, each in said.items())
    return Refused(told, error.reason)
