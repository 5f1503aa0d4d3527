"""What a policy must say before it decides."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.dispatch.policy import (
    Factor,
    require_announced,
    require_policy,
)
from tests.unit.workorder.dispatch.asking import MORNING, POLICY


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"version": "Mine!"}, "policy.policy_version"),
        ({"version": ""}, "policy.policy_version"),
        ({"distance_limit_m": 0}, "policy.distance_limit_m"),
        ({"road_factor_basis_points": 9_999}, "policy.road_factor_basis_points"),
        ({"unrated_rating_hundredths": 501}, "policy.unrated_rating_hundredths"),
        ({"service_minutes": 10}, "policy.service_minutes"),
        ({"horizon_minutes": 10_081}, "policy.horizon_minutes"),
        ({"weights": {Factor.LOAD: 9_999}}, "policy.weights"),
        ({"weights": {Factor.LOAD: 10_001, Factor.RATING: -1}}, "policy.weights[load]"),
    ],
)
def test_a_policy_that_cannot_decide_is_refused_by_its_field(
    changed: dict[str, Any], field: str
) -> None:
    require_policy(POLICY)
    with pytest.raises(InvalidArgument) as refused:
        require_policy(replace(POLICY, **changed))
    assert (refused.value.reason, refused.value.field) == ("DISPATCH_POLICY_INVALID", field)


@pytest.mark.parametrize(
    ("minutes", "note", "field"),
    [(-1, "nearer ones", "policy.effective_from"), (0, " ", "policy.note")],
)
def test_a_policy_never_reaches_back_and_says_why(minutes: int, note: str, field: str) -> None:
    require_announced(MORNING, MORNING, "nearer ones")
    with pytest.raises(InvalidArgument) as refused:
        require_announced(MORNING + timedelta(minutes=minutes), MORNING, note)
    assert refused.value.field == field
