"""The pricing benchmark compares like with like: under the full rule set both sides say the same."""

from bench.pricing import explained, in_process, ours, rules, zen_rules, zen_table
from bench.pricing.book import rows
from services.pricing.domain.quote import evaluate

BOOK = list(rows(1_000))


def test_the_full_rule_set_comes_to_the_same_totals_in_a_decision_graph() -> None:
    book, engine = rules.price_book(BOOK), zen_rules.engine_of(BOOK)

    for question in rules.asked(BOOK, 200):
        quoted = evaluate(book, rules.question_of(question))
        said = engine.evaluate(zen_table.KEY, zen_rules.context_of(question))["result"]

        assert (said["total"], said["settlement_total"]) == (
            quoted.total,
            quoted.settlement_total,
        )


def test_the_questions_touch_every_rule_of_the_full_set() -> None:
    book = rules.price_book(BOOK)
    touched = set()
    for question in rules.asked(BOOK, 400):
        quoted = evaluate(book, rules.question_of(question))
        touched |= {effect.modifier.label for effect in quoted.lines[0].effects}
        touched |= {discount.promotion.label for discount in quoted.discounts}
        touched |= {tax.rule.label for tax in quoted.taxes if tax.refund}

    assert touched == {
        *(modifier.label for modifier in rules.modifiers()),
        *(promotion.label for promotion in rules.promotions()),
        *(tax.label for tax in rules.taxes()),
    }


def test_every_answer_is_explained_to_its_last_step() -> None:
    book = in_process.Book.of(BOOK, ours.price_book(BOOK))
    for asked in book.asked[:200]:
        question = ours.question_of(asked)

        explained.check(book.book, question, evaluate(book.book, question))
