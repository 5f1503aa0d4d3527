"""What an evaluator once answered, it answers for ever."""

import pytest

from services.pricing.domain.quote import EVALUATOR_VERSION
from tests.unit.pricing.golden.quotes import FOLDER, answer, book_in, questions_in

CASES = [
    pytest.param(folder, name, id=f"{folder.name}-{name}")
    for folder in sorted(FOLDER.glob("evaluator_*"))
    for name in questions_in(folder)
]


@pytest.mark.parametrize(("folder", "name"), CASES)
def test_a_golden_quote_computed_again_is_the_same_text(folder, name) -> None:  # type: ignore[no-untyped-def]  # of CASES
    kept = (folder / "answers" / f"{name}.json").read_text().rstrip("\n")
    assert answer(book_in(folder), questions_in(folder)[name]) == kept


def test_the_present_evaluator_has_golden_quotes() -> None:
    folder = FOLDER / f"evaluator_{EVALUATOR_VERSION}"
    assert len(list((folder / "answers").glob("*.json"))) == len(questions_in(folder)) >= 20
