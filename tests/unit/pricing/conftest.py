"""The price book that ships with the flow ``aircon_install``, as the evaluator sees it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

import protos
from protos.pricing.v1 import book_pb2, library_pb2
from services.pricing.convert.books import content_from_proto
from services.pricing.convert.items import item_from_proto, item_to_row
from services.pricing.domain.book import BookContent
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import hash_content

SHIPPED = Path(protos.__file__).parents[1] / "flows" / "aircon_install" / "price_book.json"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def shipped_items() -> list[library_pb2.Item]:
    content: dict[str, Any] = json.loads(SHIPPED.read_text())
    return [json_format.ParseDict(item, library_pb2.Item()) for item in content["items"]]


def shipped_book() -> book_pb2.PriceBookVersion:
    content: dict[str, Any] = json.loads(SHIPPED.read_text())
    return json_format.ParseDict(content["price_book"], book_pb2.PriceBookVersion())


@pytest.fixture(scope="session")
def content() -> BookContent:
    rows = [item_to_row(item_from_proto(item), None, NOW) for item in shipped_items()]
    return content_from_proto(shipped_book(), rows)


@pytest.fixture(scope="session")
def book(content: BookContent) -> PriceBook:
    return PriceBook.of(1, hash_content(content), content)
