"""Which rows of a proposal may still be carried out."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.planning.accepting import (
    Planned,
    Present,
    Refused,
    Wish,
    decide,
)

EIGHT = datetime(2026, 11, 24, 0, tzinfo=UTC)


def at(technician: str, hour: int, hours: int = 1) -> Planned:
    begins = EIGHT + timedelta(hours=hour)
    return Planned(technician, begins, begins + timedelta(hours=hours))


def present(**other: object) -> Present:
    everybody = frozenset({"x", "y"})
    known: dict[str, object] = {
        "open_ids": frozenset({"a", "b", "c"}),
        "planned": {},
        "pinned_ids": frozenset(),
        "able": {"a": everybody, "b": everybody, "c": everybody},
    }
    return Present(**(known | other))  # type: ignore[arg-type]  # each of its type


def test_two_may_change_places_in_one_go() -> None:
    stands = {"a": at("x", 0), "b": at("y", 0)}
    wishes = [Wish("a", at("x", 0), at("y", 0)), Wish("b", at("y", 0), at("x", 0))]
    assert not decide(wishes, present(planned=stands))
    assert decide(wishes[:1], present(planned=stands)) == {"a": Refused.BUSY}


def test_what_is_refused_stays_and_may_be_in_the_way_of_others() -> None:
    stands = {"a": at("x", 0), "b": at("y", 0)}
    wishes = [Wish("a", at("x", 0), at("y", 0)), Wish("b", at("y", 0), at("x", 0))]
    refused = decide(wishes, present(planned=stands, pinned_ids=frozenset({"b"})))
    assert refused == {"a": Refused.BUSY, "b": Refused.PINNED}


def test_each_reason_is_told() -> None:
    stands = {"b": at("x", 3)}
    assert decide([Wish("z", None, at("x", 0))], present()) == {"z": Refused.TAKEN}
    assert decide([Wish("b", None, at("x", 0))], present(planned=stands)) == {
        "b": Refused.PLANNED_OTHERWISE
    }
    assert decide([Wish("a", None, at("z", 0))], present()) == {"a": Refused.NOT_ABLE}
    assert decide([Wish("b", at("x", 3), None)], present(planned=stands)) == {}


hours = st.integers(0, 5)
people = st.sampled_from(["x", "y"])
visits = st.builds(at, people, hours, st.integers(1, 2))
names = st.sampled_from(["a", "b", "c"])


@given(
    st.dictionaries(names, visits),
    st.dictionaries(names, st.none() | visits),
    st.sets(names),
)
def test_what_is_carried_out_leaves_nobody_in_two_places(
    stands: dict[str, Planned], wanted: dict[str, Planned | None], pinned: set[str]
) -> None:
    standing = {
        name: one
        for place, (name, one) in enumerate(stands.items())
        if not any(one.meets(other) for other in list(stands.values())[:place])
    }
    fresh: list[Wish] = []
    for name, after in wanted.items():
        # One proposal does not cross itself.
        if after is None or not any(each.after and after.meets(each.after) for each in fresh):
            fresh.append(Wish(name, standing.get(name), after))
    refused = decide(fresh, present(planned=standing, pinned_ids=frozenset(pinned & set(standing))))
    result = dict(standing)
    for wish in fresh:
        if wish.work_order_id not in refused:
            result.pop(wish.work_order_id, None)
    for wish in fresh:
        if wish.work_order_id not in refused and wish.after:
            result[wish.work_order_id] = wish.after
    every = list(result.values())
    assert not any(one.meets(other) for n, one in enumerate(every) for other in every[:n])
    for name in pinned & set(standing):
        assert result[name] == standing[name]
