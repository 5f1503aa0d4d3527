from copy import deepcopy
from typing import Any

import pytest

from simulators.wecom.card_kinds import check_card
from simulators.wecom.errors import WecomError

ACTION = {"type": 1, "url": "https://h5.example/wo/1"}
OPTIONS = [{"id": "1", "text": "上午"}, {"id": "2", "text": "下午"}]
CARDS: dict[str, dict[str, Any]] = {
    "text_notice": {
        "card_type": "text_notice",
        "main_title": {"title": "超时预警", "desc": "设计师 2 小时未回复"},
        "horizontal_content_list": [{"keyname": "客户", "value": "李先生"}],
        "card_action": ACTION,
    },
    "news_notice": {
        "card_type": "news_notice",
        "main_title": {"title": "完工"},
        "card_image": {"url": "https://h5.example/p.png", "aspect_ratio": 1.5},
        "card_action": ACTION,
    },
    "button_interaction": {
        "card_type": "button_interaction",
        "main_title": {"title": "新工单 WO-1001"},
        "button_list": [{"text": "接单", "key": "accept"}, {"text": "拒单", "key": "reject"}],
        "task_id": "WO-1001_dispatch_1",
    },
    "vote_interaction": {
        "card_type": "vote_interaction",
        "main_title": {"title": "几点上门"},
        "checkbox": {"question_key": "when", "mode": 0, "option_list": OPTIONS},
        "submit_button": {"text": "提交", "key": "submit"},
        "task_id": "t1",
    },
    "multiple_interaction": {
        "card_type": "multiple_interaction",
        "main_title": {"title": "几点上门"},
        "select_list": [{"question_key": "when", "option_list": OPTIONS}],
        "submit_button": {"text": "提交", "key": "submit"},
        "task_id": "t1",
    },
}


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    """A good card with one place changed; None removes it."""
    card = deepcopy(CARDS[kind])
    owner: Any = card
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in parents:
        owner = owner[step]
    if value is None:
        del owner[last]
    else:
        owner[last] = value
    return card


@pytest.mark.parametrize("kind", CARDS)
def test_a_good_card_of_each_kind_is_accepted_without_a_remark(kind: str) -> None:
    lint: list[str] = []
    check_card(CARDS[kind], lint)
    assert lint == []


ROWS = "horizontal_content_list"
WRONG: list[tuple[str, str, Any, int]] = [
    ("text_notice", "card_type", "poster", 42031),
    ("text_notice", "card_action", None, 42045),
    ("text_notice", "card_action", {"type": 0}, 42045),
    ("text_notice", "card_action", {"type": 1, "url": "no-scheme"}, 45034),
    ("text_notice", "main_title", None, 40063),
    ("text_notice", ROWS, [{"keyname": "k"}] * 7, 42035),
    ("text_notice", ROWS, [{"value": "v"}], 42027),
    ("text_notice", ROWS, [{"keyname": "k", "type": 1}], 42028),
    ("text_notice", ROWS, [{"keyname": "k", "type": 2}], 42029),
    ("text_notice", ROWS, [{"keyname": "k", "type": 3}], 42050),
    ("text_notice", "jump_list", [{"title": "t"}] * 4, 42042),
    ("text_notice", "task_id", "has space", 42014),
    ("text_notice", "task_id", "x" * 129, 42014),
    ("text_notice", "action_menu", {"action_list": [{"text": "t", "key": "k"}] * 2}, 42051),
    ("text_notice", "action_menu", {"action_list": []}, 42051),
    ("text_notice", "action_menu", {"action_list": [{"text": "t", "key": "k"}]}, 42014),
    ("text_notice", "source", {"desc_color": 4}, 40058),
    ("news_notice", "card_image", None, 40063),
    ("news_notice", "card_image.aspect_ratio", 3, 40058),
    ("news_notice", "vertical_content_list", [{"title": "t"}] * 5, 42036),
    ("button_interaction", "button_list", [], 42038),
    ("button_interaction", "button_list", [{"text": "t", "key": str(n)} for n in range(7)], 42038),
    ("button_interaction", "button_list.1.key", "accept", 42039),
    ("button_interaction", "button_list.1.key", "k" * 1025, 42039),
    ("button_interaction", "button_list.1.text", None, 42039),
    ("button_interaction", "button_list.1.style", 5, 42039),
    ("button_interaction", "button_list.1.type", 1, 42039),
    ("button_interaction", "main_title", None, 40063),
    ("button_interaction", "task_id", None, 42014),
    ("vote_interaction", "checkbox", None, 42046),
    ("vote_interaction", "checkbox.option_list", [], 42037),
    ("vote_interaction", "checkbox.option_list.0.id", "x" * 129, 42040),
    ("vote_interaction", "checkbox.question_key", None, 42043),
    ("vote_interaction", "submit_button", None, 42049),
    ("vote_interaction", "submit_button.key", None, 42041),
    ("multiple_interaction", "select_list", [], 42047),
]


@pytest.mark.parametrize(("kind", "path", "value", "errcode"), WRONG)
def test_a_wrong_card_is_refused_with_its_code(
    kind: str, path: str, value: Any, errcode: int
) -> None:
    with pytest.raises(WecomError) as refusal:
        check_card(changed(kind, path, value), [])
    assert refusal.value.code == errcode


def test_a_text_longer_than_phones_show_is_only_remarked_on() -> None:
    lint: list[str] = []
    check_card(changed("text_notice", "main_title.title", "题" * 37), lint)
    assert lint == ["main_title.title: 37 characters, phones show 36"]
