from collections import defaultdict

from tests.tidy.errors_page import PAGE, raised, render


def test_every_reason_is_documented() -> None:
    assert PAGE.read_text() == render(), "run: python -m tests.tidy.errors_page"


def test_a_reason_means_one_kind() -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for entry in raised():
        kinds[entry.reason].add(entry.kind)
    assert {reason: found for reason, found in kinds.items() if len(found) > 1} == {}
