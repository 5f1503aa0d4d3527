"""Which price books are kept in memory."""

from services.pricing.domain.price_book import PriceBook
from services.pricing.index import Shelf
from tests.unit.pricing.books import content_of, rate


def version(number: int) -> PriceBook:
    return PriceBook.of(number, "", content_of(rate(100), rate(200, item="Y")))


def test_the_books_used_last_are_kept_as_many_as_have_no_more_rates_together_than_fit() -> None:
    shelf = Shelf(most_rates=5)
    code = version(1).head.price_book_code
    for number in (1, 2):
        shelf.keep(version(number))
    assert shelf.find(code, 1) is not None
    shelf.keep(version(3))
    assert [number for number in (1, 2, 3) if shelf.find(code, number)] == [1, 3]


def test_a_book_is_kept_however_large() -> None:
    shelf = Shelf(most_rates=1)
    kept = shelf.keep(version(1))
    assert shelf.find(kept.head.price_book_code, 1) is kept
