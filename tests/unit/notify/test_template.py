import pytest

from kit.errors import InvalidArgument
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from services.notify.domain.template import MessageForm, Template, Variable

OFFER = Template(
    "offer",
    MessageForm.NOTICE_CARD,
    title="新工单 {{work_order_id}}",
    body="# {{total}} 预计收益\n地点：{{place}}\n尽快回复",
    url="/work-orders/{{work_order_id}}?case={{case_id}}",
    variables=(Variable("work_order_id"), Variable("total"), Variable("place", required=False)),
)


def template(**changed: object) -> Template:
    fields = {
        "template_code": "t",
        "form": MessageForm.TEXT,
        "title": "标题",
        "body": "内容",
        **changed,
    }
    return Template(**fields)  # type: ignore[arg-type]  # the fields are the test's own


def test_every_place_is_filled() -> None:
    filled = OFFER.fill({"work_order_id": "WO-1", "total": "¥1,280.00", "place": "朝阳区"})
    assert filled.title == "新工单 WO-1"
    assert filled.body == "# ¥1,280.00 预计收益\n地点：朝阳区\n尽快回复"


def test_a_line_whose_variables_are_all_empty_is_left_out() -> None:
    filled = OFFER.fill({"work_order_id": "WO-1", "total": "¥1,280.00"})
    assert filled.body == "# ¥1,280.00 预计收益\n尽快回复"


def test_the_case_is_known_without_being_declared() -> None:
    filled = OFFER.fill({"work_order_id": "WO-1", "total": "1", "case_id": "ca_7"})
    assert filled.url == "/work-orders/WO-1?case=ca_7"


@pytest.mark.parametrize("given", [{"work_order_id": "WO-1"}, {"work_order_id": "1", "total": " "}])
def test_a_required_variable_that_is_missing_is_named(given: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        OFFER.fill(given)
    assert refusal.value.reason == "NOTIFY_VARIABLE_MISSING"
    assert refusal.value.field == "variables.total"


def test_a_variable_that_the_wording_has_no_place_for_is_left_out() -> None:
    filled = OFFER.fill({"work_order_id": "WO-1", "total": "1", "distance": "3 km"})
    assert "3 km" not in filled.title + filled.body + filled.url


def test_a_filled_value_is_never_read_as_a_place() -> None:
    filled = OFFER.fill({"work_order_id": "{{total}}", "total": "1"})
    assert filled.title == "新工单 {{total}}"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"template_code": "Bad Code"}, "template.template_code"),
        ({"title": " "}, "template.title"),
        ({"body": ""}, "template.body"),
        ({"form": MessageForm.TEXTCARD}, "template.url"),
        ({"body": "{{nobody}}"}, "template.body"),
        ({"body": "{{half"}, "template.body"),
        ({"title": "{{ Upper }}"}, "template.title"),
        ({"variables": (Variable("unused"),)}, "template.variables[0]"),
        ({"body": "{{a}}", "variables": (Variable("a"), Variable("a"))}, "template.variables"),
    ],
)
def test_a_template_that_could_not_be_sent_is_refused(
    changed: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        template(**changed).check()
    assert (refusal.value.reason, refusal.value.field) == ("NOTIFY_TEMPLATE_INVALID", field)


@pytest.mark.parametrize("builtin", BUILTIN_TEMPLATES, ids=lambda one: one.template_code)
def test_every_template_that_comes_with_the_product_can_be_sent(builtin: Template) -> None:
    builtin.check()
    required = {variable.name: "x" for variable in builtin.variables if variable.required}
    filled = builtin.fill({"case_id": "ca_1", **required})
    assert filled.title
    assert "{{" not in filled.title + filled.body + filled.url
