"""Answer the questions that have no answer yet."""

from tests.unit.pricing.golden.quotes import FOLDER, answer, book_in, questions_in

for folder in sorted(FOLDER.glob("evaluator_*")):
    book = book_in(folder)
    for name, question in questions_in(folder).items():
        path = folder / "answers" / f"{name}.json"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(answer(book, question) + "\n")
            print(f"answered: {folder.name}/{name}")
