"""The roster in memory is exactly what the facts say that are known, in whatever order they come."""

from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.decision import Known
from services.workorder.domain.dispatch.facts import Fact, Profile, Workload
from services.workorder.index import DispatchIndex
from tests.unit.workorder.dispatch.asking import POLICY, need, profiles, technician, workloads

facts = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), profiles | workloads), min_size=1, max_size=12
).map(lambda said: [Fact(number, who, what) for number, (who, what) in enumerate(said, 1)])


def standing(index: DispatchIndex) -> object:
    """What the matcher would say of everybody."""
    asked = need(required_skills=())
    return {
        technician_id: [
            column.tolist()
            for column in matching.columns_of(
                matching.judge(index.roster, asked, POLICY, technician_id, 0).values
            )
        ]
        for technician_id in sorted(index.roster.technician_ids)
    }


def newest(among: list[Fact]) -> list[Fact]:
    last = {(type(fact.said), fact.subject_id): fact for fact in among}
    return sorted(last.values(), key=lambda fact: fact.fact_id)


@given(facts, st.data())
def test_late_early_and_repeated_facts_come_to_the_same(
    told: list[Fact], data: st.DataObject
) -> None:
    at_once = DispatchIndex()
    at_once.begin(Known(len(told)), newest(told))
    bit_by_bit = DispatchIndex()
    left = list(told)
    seen: list[Fact] = []
    while left:
        # Facts of one technician are written one after the other; of several in any order.
        count = data.draw(st.integers(1, len(left)))
        arriving = [
            fact
            for fact in left[:count]
            if data.draw(st.booleans())
            and not any(
                other.fact_id < fact.fact_id and other.subject_id == fact.subject_id
                for other in left
                if other not in seen
            )
        ] or [left[0]]
        seen += arriving
        left = [fact for fact in left if fact not in arriving]
        known = bit_by_bit.known
        bit_by_bit.take(
            fact for fact in seen if fact.fact_id > known.through or fact.fact_id in known.missing
        )
        bit_by_bit.take(arriving)  # of one that asked at the same time
        through = max(fact.fact_id for fact in seen)
        missing = set(range(1, through)) - {fact.fact_id for fact in seen}
        assert bit_by_bit.known == Known(through, frozenset(missing))
    assert bit_by_bit.known == at_once.known
    assert standing(bit_by_bit) == standing(at_once)


def test_what_is_loaded_twice_is_loaded_once() -> None:
    index = DispatchIndex()
    one = technician("a")
    index.begin(Known(2), [Fact(1, "a", one.profile), Fact(2, "a", one.workload)])
    index.take([Fact(3, "a", Workload(open_work=3))])
    index.begin(Known(2), [Fact(1, "a", Profile()), Fact(2, "a", Workload())])
    assert index.known == Known(3)
    assert matching.judge(index.roster, need(), POLICY, "a", 0).values.open_load.tolist() == [3]
