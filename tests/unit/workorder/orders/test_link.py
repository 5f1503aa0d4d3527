import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.orders.link import BlamedParty, LinkKind, require_link
from services.workorder.domain.orders.work_order import Progress, State


def parent(state: State) -> Progress:
    return Progress("wo_1", state, 3, "123456")


@pytest.mark.parametrize("state", list(State))
def test_a_rework_follows_from_work_that_was_done(state: State) -> None:
    done = state in (State.COMPLETED, State.ACCEPTED_BY_CUSTOMER)
    if done:
        assert require_link(LinkKind.REWORK, parent(state), BlamedParty.TECHNICIAN)
        return
    with pytest.raises(FailedPrecondition) as refused:
        require_link(LinkKind.REWORK, parent(state), BlamedParty.TECHNICIAN)
    assert refused.value.reason == "WORK_ORDER_LINK_FORBIDDEN"


def test_a_second_visit_may_be_agreed_while_the_first_one_lasts() -> None:
    require_link(LinkKind.SECOND_VISIT, parent(State.IN_PROGRESS), BlamedParty.NOBODY)


def test_parts_are_made_before_the_whole_is_done_and_blame_nobody() -> None:
    require_link(LinkKind.PART_OF, parent(State.CREATED), None)
    with pytest.raises(FailedPrecondition):
        require_link(LinkKind.PART_OF, parent(State.COMPLETED), None)


@pytest.mark.parametrize(
    ("kind", "field"), [(None, "link_kind"), (LinkKind.REWORK, "blamed_party")]
)
def test_how_and_whose_doing_must_be_said(kind: LinkKind | None, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_link(kind, parent(State.COMPLETED), None)
    assert (refused.value.reason, refused.value.field) == ("WORK_ORDER_LINK_INVALID", field)
