"""Golden questions and their answers, from files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format

from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert.books import content_from_proto
from services.pricing.convert.quotes import (
    asked_of,
    canonical,
    inputs_of,
    question_from_proto,
    quoted_to_proto,
    settle,
)
from services.pricing.domain.book import PricedItem
from services.pricing.domain.phrases import Language
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import check_content, hash_content
from services.pricing.domain.quote import evaluate

FOLDER = Path(__file__).parent
_QUOTED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def book_in(folder: Path) -> PriceBook:
    plain = yaml.safe_load((folder / "book.yaml").read_text())
    items = [PricedItem(**item) for item in plain["items"]]
    said = json_format.ParseDict(plain["price_book"], book_pb2.PriceBookVersion())
    content = content_from_proto(said, items)
    check_content(content, {item.item_code for item in items})
    return PriceBook.of(1, hash_content(content), content)


def questions_in(folder: Path) -> dict[str, dict[str, Any]]:
    """By name: the facts, and the inputs that policies would have given."""
    read: dict[str, dict[str, Any]] = yaml.safe_load((folder / "questions.yaml").read_text())
    return read


def answer(book: PriceBook, question: dict[str, Any]) -> str:
    """The quote as it is stored."""
    return canonical(quoted_in(book, question, "zh"))


def quoted_in(book: PriceBook, question: dict[str, Any], language: Language) -> pb.QuoteResult:
    """The quote, told in a language."""
    facts = json_format.ParseDict(question["facts"], pb.QuoteFacts())
    facts.price_book_code = book.head.price_book_code
    asked = asked_of(facts, _QUOTED_AT)
    settle(facts, asked)
    inputs = inputs_of(facts, asked, book)
    inputs.MergeFrom(json_format.ParseDict(question.get("inputs", {}), pb.QuoteInputs()))
    quoted = evaluate(book, question_from_proto(facts, inputs))
    return quoted_to_proto(quoted, facts, inputs, book, quoted_at=_QUOTED_AT, language=language)
