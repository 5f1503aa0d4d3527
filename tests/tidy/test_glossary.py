"""One word for one thing: every noun of the contracts stands in the glossary."""

import re
from pathlib import Path

import pytest

import protos
from tests.tidy.test_protos import FILES

GLOSSARY = (Path(protos.__file__).parents[1] / "docs" / "glossary.md").read_text()
TERMS = set(re.findall(r"[a-z][a-z_]*[a-z]", GLOSSARY))
NOUNS = sorted(
    {
        re.sub(r"(?<!^)(?=[A-Z])", "_", noun.name).lower()
        for file in FILES
        for noun in (*file.message_types_by_name.values(), *file.enum_types_by_name.values())
        if not noun.name.endswith(("Request", "Response"))
    }
)


@pytest.mark.parametrize("noun", [*NOUNS, "page_request"])
def test_a_noun_of_the_contracts_stands_in_the_glossary(noun: str) -> None:
    assert noun in TERMS


def test_a_term_is_explained_once() -> None:
    rows = [line.split("|")[2] for line in GLOSSARY.splitlines() if line.startswith("| ")]
    terms = [term for row in rows for term in re.split(r"[/,]\s*", row.strip()) if "_" in term]
    twice = {term.strip() for term in terms if terms.count(term) > 1}
    assert twice == set()
