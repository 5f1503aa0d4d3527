import pytest

from services.directory.domain.substitution import Colleague, Taker, heir, takers

HERE = Colleague()
GONE = Colleague(left=True)


def left_to(successor: str) -> Colleague:
    return Colleague(left=True, successor_person_id=successor)


def away(proxy: str | None = None) -> Colleague:
    return Colleague(absent=True, proxy_person_id=proxy)


def test_whoever_is_here_does_their_own_work() -> None:
    assert takers(["pe_a"], {"pe_a": HERE}) == [Taker("pe_a", "pe_a")]


def test_the_successor_of_a_successor_takes_over() -> None:
    people = {"pe_a": left_to("pe_b"), "pe_b": left_to("pe_c"), "pe_c": HERE}
    assert heir("pe_a", people) == "pe_c"
    assert takers(["pe_a"], people) == [Taker("pe_c", "pe_a")]


@pytest.mark.parametrize(
    "people",
    [
        {"pe_a": GONE},
        {"pe_a": left_to("pe_b"), "pe_b": GONE},
        {"pe_a": left_to("pe_b"), "pe_b": left_to("pe_a")},
        {"pe_a": left_to("pe_a")},
        {"pe_a": left_to("pe_unknown")},
        {},
    ],
    ids=["no successor", "a chain to nobody", "a circle", "themselves", "unknown heir", "unknown"],
)
def test_work_that_nobody_takes_over_is_nobodys(people: dict[str, Colleague]) -> None:
    assert heir("pe_a", people) is None
    assert takers(["pe_a"], people) == []


def test_a_present_proxy_takes_an_absent_persons_work() -> None:
    people = {"pe_a": away("pe_b"), "pe_b": HERE}
    assert takers(["pe_a"], people) == [Taker("pe_b", "pe_a")]


def test_the_proxy_of_an_absent_proxy_takes_it() -> None:
    people = {"pe_a": away("pe_b"), "pe_b": away("pe_c"), "pe_c": HERE}
    assert takers(["pe_a"], people) == [Taker("pe_c", "pe_a")]


@pytest.mark.parametrize(
    "people",
    [
        {"pe_a": away()},
        {"pe_a": away("pe_b"), "pe_b": away()},
        {"pe_a": away("pe_b"), "pe_b": away("pe_a")},
        {"pe_a": away("pe_b"), "pe_b": GONE},
    ],
    ids=["no proxy", "an absent proxy", "each other's proxies", "a proxy who left"],
)
def test_an_absent_person_keeps_what_no_present_proxy_takes(people: dict[str, Colleague]) -> None:
    assert takers(["pe_a"], people) == [Taker("pe_a", "pe_a")]


def test_a_proxy_who_left_is_replaced_by_their_successor() -> None:
    people = {"pe_a": away("pe_b"), "pe_b": left_to("pe_c"), "pe_c": HERE}
    assert takers(["pe_a"], people) == [Taker("pe_c", "pe_a")]


def test_a_successor_who_is_absent_has_a_proxy_too() -> None:
    people = {"pe_a": left_to("pe_b"), "pe_b": away("pe_c"), "pe_c": HERE}
    assert takers(["pe_a"], people) == [Taker("pe_c", "pe_a")]


def test_an_absent_successor_without_a_proxy_still_takes_over() -> None:
    people = {"pe_a": left_to("pe_b"), "pe_b": away()}
    assert takers(["pe_a"], people) == [Taker("pe_b", "pe_a")]


def test_the_order_is_kept_and_nobody_is_meant_twice() -> None:
    people = {"pe_a": away("pe_c"), "pe_b": HERE, "pe_c": HERE}
    assert takers(["pe_b", "pe_a", "pe_b", "pe_c"], people) == [
        Taker("pe_b", "pe_b"), Taker("pe_c", "pe_a"), Taker("pe_c", "pe_c"),
    ]  # fmt: skip


def test_nobody_takes_work_on_behalf_of_one_who_is_excluded() -> None:
    people = {"pe_a": away("pe_b"), "pe_b": HERE}
    assert takers(["pe_a", "pe_b"], people, ["pe_a"]) == [Taker("pe_b", "pe_b")]


def test_an_excluded_successor_takes_nothing_over() -> None:
    assert takers(["pe_a"], {"pe_a": left_to("pe_b"), "pe_b": HERE}, ["pe_b"]) == []


def test_past_an_excluded_proxy_the_absent_person_keeps_it() -> None:
    people = {"pe_a": away("pe_b"), "pe_b": HERE}
    assert takers(["pe_a"], people, ["pe_b"]) == [Taker("pe_a", "pe_a")]
