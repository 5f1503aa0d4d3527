"""Every phrase is there in both languages and takes the same figures."""

from string import Formatter

import pytest

from kit.money import Rounding
from services.pricing.domain.book import CombineMode, Favours, PromotionKind
from services.pricing.domain.conditions import DIMENSIONS
from services.pricing.domain.phrases import PHRASES
from tests.unit.pricing.golden.quotes import FOLDER, book_in, questions_in, quoted_in


def figures(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", PHRASES)
def test_both_languages_say_no_figure_that_the_other_does_not_have(key: str) -> None:
    chinese, english = PHRASES[key]
    assert chinese
    assert english
    assert figures(english) <= figures(chinese)


def test_everything_that_can_happen_has_a_phrase() -> None:
    needed = {*CombineMode, *PromotionKind, *Rounding}
    needed |= {f"best_{each}" for each in Favours} | {f"dimension_{each}" for each in DIMENSIONS}
    assert {str(each) for each in needed} <= PHRASES.keys()


def test_a_quote_in_english_has_no_chinese_but_the_companys_own_names() -> None:
    [folder] = FOLDER.glob("evaluator_1")
    book = book_in(folder)
    names = {text for item in book.items.values() for text in (item.name, item.unit)}
    names |= {modifier.label for modifier in book.policies.modifiers.values()}
    names |= {promotion.label for promotion in book.policies.promotions}
    names |= {tax.label for tax in book.policies.taxes}
    for question in questions_in(folder).values():
        result = quoted_in(book, question, "en")
        for line in result.lines:
            for said in [*line.steps, *line.settlement_steps]:
                text = said.explanation
                for name in sorted(names, key=len, reverse=True):
                    text = text.replace(name, "")
                assert not any("\u4e00" <= sign <= "\u9fff" for sign in text), said.explanation
