import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.orders.crew import WHOLE_BASIS_POINTS, Member, require_crew


@given(st.lists(st.integers(0, WHOLE_BASIS_POINTS), min_size=1, max_size=18))
def test_any_shares_that_are_the_whole_make_a_crew(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), WHOLE_BASIS_POINTS]
    shares = [b - a for a, b in itertools.pairwise(edges)]
    require_crew([Member(f"pe_{n}", share) for n, share in enumerate(shares)], "pe_0")


def test_nobody_named_is_one_alone() -> None:
    require_crew([], "pe_0")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ([Member("pe_0", 10_000)], "crew"),
        ([Member("pe_1", 5_000), Member("pe_0", 5_000)], "crew[0].technician_id"),
        ([Member("pe_0", 5_000), Member("pe_0", 5_000)], "crew[1].technician_id"),
        ([Member("pe_0", 5_000), Member("", 5_000)], "crew[1].technician_id"),
        ([Member("pe_0", 10_001), Member("pe_1", -1)], "crew[0].share_basis_points"),
        ([Member("pe_0", 5_000), Member("pe_1", 4_999)], "crew"),
    ],
)
def test_who_is_no_crew_is_refused_by_the_place(members: list[Member], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_crew(members, "pe_0")
    assert (refused.value.reason, refused.value.field) == ("WORK_ORDER_CREW_INVALID", field)
