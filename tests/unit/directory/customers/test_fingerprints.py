import pytest

from services.directory.domain.fingerprints import address_text, name_text, phone_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("13812345678", "+86 138-1234-5678"),
        ("13812345678", "0086 138 1234 5678"),
        ("13812345678", "8613812345678"),
        ("010-88886666", "+86 10 8888 6666"),
        ("１３８１２３４５６７８", "13812345678"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert phone_text(one) == phone_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("13812345678", "13812345679"), ("010-88886666", "021-88886666"), ("8610", "10")],
)
def test_other_numbers_stay_others(one: str, other: str) -> None:
    assert phone_text(one) != phone_text(other)


def test_a_name_and_an_address_are_compared_without_spaces_and_signs() -> None:
    assert name_text("Li  Lei") == name_text("LILEI")
    assert address_text("110105", "建国路 88 号-3") == address_text("110105", "建国路88号3")
    assert address_text("110105", "建国路88号") != address_text("110101", "建国路88号")


def test_a_name_is_never_taken_for_a_number() -> None:
    assert name_text("13812345678") != phone_text("13812345678")
