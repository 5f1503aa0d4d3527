"""Whether a check-in is from the place of work."""

from dataclasses import replace

import pytest

from kit.errors import FailedPrecondition
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.commands import Fix
from services.workorder.domain.on_site.geofence import Finding, measure, require_admitted
from tests.unit.workorder.on_site.days import HERE, RULE

#: About 667 metres to the north.
THERE = Point(116.46, 39.926)


@pytest.mark.parametrize(
    ("fix", "finding"),
    [
        (Fix(HERE), Finding.INSIDE),
        (Fix(THERE), Finding.OUTSIDE),
        (Fix(THERE, 100), Finding.OUTSIDE),
        (Fix(THERE, 200), Finding.INSIDE),
        (Fix(THERE, 1001), Finding.UNKNOWN),
        (None, Finding.UNKNOWN),
    ],
)
def test_how_inexact_a_location_is_speaks_for_the_technician_up_to_a_point(
    fix: Fix | None, finding: Finding
) -> None:
    assert measure(HERE, fix, RULE).finding is finding


def test_nothing_is_measured_where_nobody_knows_the_place_of_work() -> None:
    assert measure(None, Fix(HERE), RULE).finding is Finding.UNKNOWN


def test_a_check_in_from_elsewhere_is_refused_with_the_distance_where_the_rule_refuses() -> None:
    refusing = replace(RULE, outside_geofence="refuse")
    with pytest.raises(FailedPrecondition, match="667 m") as refusal:
        require_admitted(measure(HERE, Fix(THERE), refusing), refusing)
    assert refusal.value.reason == "CHECK_IN_OUTSIDE_GEOFENCE"
    assert refusal.value.details == {"distance_m": "667", "radius_m": "500"}
    require_admitted(measure(HERE, Fix(THERE), RULE), RULE)
    require_admitted(measure(HERE, Fix(THERE, 1001), refusing), refusing)
