import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.orders import template


def test_everything_that_was_not_said_is_named_at_once() -> None:
    with pytest.raises(InvalidArgument) as refused:
        template.require_said(
            "aircon", ["floor", "notes", "title"], {"floor": False, "notes": False, "title": True}
        )
    assert refused.value.reason == "WORK_ORDER_FIELDS_MISSING"
    assert refused.value.field == "floor"
    assert refused.value.details == {"missing": "floor,notes", "template_code": "aircon"}


def test_only_what_a_creation_can_say_can_be_required() -> None:
    with pytest.raises(InvalidArgument) as refused:
        template.require_presets(["title", "weather"], 0, 0)
    assert refused.value.field == "template.required_fields[1]"


def test_a_version_is_made_from_the_newest() -> None:
    template.require_newest("aircon", read=2, newest=2)
    with pytest.raises(FailedPrecondition) as refused:
        template.require_newest("aircon", read=1, newest=2)
    assert refused.value.reason == "WORK_ORDER_TEMPLATE_STALE"
