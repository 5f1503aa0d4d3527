import re

from services.workorder.domain.orders.completion_code import matches, new_code, tries_left


def test_a_code_is_six_digits_and_rarely_the_same() -> None:
    codes = [new_code() for _ in range(200)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in codes)
    assert len(set(codes)) > 190


def test_only_the_code_itself_matches() -> None:
    assert matches("012345", "012345")
    assert not matches("012345", "012346")


def test_there_are_five_tries() -> None:
    assert [tries_left(wrong) for wrong in range(7)] == [5, 4, 3, 2, 1, 0, 0]
