"""Template cards: what each kind adds, and which of them can be clicked."""

from collections.abc import Callable

from simulators.wecom.cards import (
    advise,
    check_common,
    check_key,
    check_task_id,
    one_of,
    part,
    parts,
)
from simulators.wecom.errors import WecomError
from simulators.wecom.state import Json

_OPTION_ID_BYTES = 128


def check_card(card: Json, lint: list[str]) -> None:
    """Refuse a card that WeCom would refuse; note what phones would cut."""
    kind = card.get("card_type")
    check_kind = _KINDS.get(kind) if isinstance(kind, str) else None
    if check_kind is None:
        raise WecomError(42031)
    check_common(card, lint)
    check_kind(card, lint)
    check_task_id(card, needed=is_clickable(card))


def is_clickable(card: Json) -> bool:
    """Whether a tap on the card comes back as an event."""
    return bool(callback_keys(card))


def callback_keys(card: Json) -> dict[str, str]:
    """Every key that a tap may carry, with the event it causes."""
    keys = {
        button["key"]: "template_card_event"
        for button in card.get("button_list") or []
        if button.get("type", 0) == 0
    }
    if submit := card.get("submit_button"):
        keys[submit["key"]] = "template_card_event"
    for action in (card.get("action_menu") or {}).get("action_list") or []:
        keys[action["key"]] = "template_card_menu_event"
    return keys


def _text_notice(card: Json, lint: list[str]) -> None:
    emphasis = part(card, "emphasis_content")
    advise(emphasis, "title", 14, lint, "emphasis_content.")
    advise(emphasis, "desc", 22, lint, "emphasis_content.")
    if not part(card, "main_title").get("title") and not card.get("sub_title_text"):
        raise WecomError(
            40063, "some parameters are empty, main_title.title or sub_title_text is needed"
        )


def _news_notice(card: Json, lint: list[str]) -> None:
    _require_title(card)
    image, area = part(card, "card_image"), part(card, "image_text_area")
    if not image.get("url") and not area.get("image_url"):
        raise WecomError(
            40063, "some parameters are empty, card_image or image_text_area is needed"
        )
    ratio = image.get("aspect_ratio", 1.3)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
        raise WecomError(40058, "invalid parameter, card_image.aspect_ratio is not in [1.3, 2.25]")
    rows = parts(card, "vertical_content_list")
    if len(rows) > 4:
        raise WecomError(42036)
    for row in rows:
        advise(row, "title", 38, lint, "vertical_content_list.")
        advise(row, "desc", 160, lint, "vertical_content_list.")


def _button_interaction(card: Json, lint: list[str]) -> None:
    _require_title(card)
    buttons = parts(card, "button_list")
    if not 1 <= len(buttons) <= 6:
        raise WecomError(42038)
    seen: set[str] = set()
    for button in buttons:
        if not button.get("text"):
            raise WecomError(42039)
        advise(button, "text", 10, lint, "button_list.")
        one_of(button, "style", (1, 2, 3, 4), 1, 42039)
        if one_of(button, "type", (0, 1), 0, 42039) == 0:
            check_key(button, seen, 42039)
        elif not button.get("url"):
            raise WecomError(42039)
    if selection := part(card, "button_selection"):
        _check_options(selection, 10, lint)


def _vote_interaction(card: Json, lint: list[str]) -> None:
    _require_title(card)
    checkbox = part(card, "checkbox")
    if not checkbox:
        raise WecomError(42046)
    one_of(checkbox, "mode", (0, 1), 0, 40058)
    _check_options(checkbox, 20, lint)
    _check_submit(card, lint)


def _multiple_interaction(card: Json, lint: list[str]) -> None:
    _require_title(card)
    selects = parts(card, "select_list")
    if not 1 <= len(selects) <= 3:
        raise WecomError(42047)
    for select in selects:
        _check_options(select, 10, lint)
    _check_submit(card, lint)


_KINDS: dict[str, Callable[[Json, list[str]], None]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}


def _require_title(card: Json) -> None:
    if not part(card, "main_title").get("title"):
        raise WecomError(40063, "some parameters are empty, main_title.title is missing")


def _check_options(question: Json, limit: int, lint: list[str]) -> None:
    if not question.get("question_key"):
        raise WecomError(42043)
    options = parts(question, "option_list")
    if not 1 <= len(options) <= limit:
        raise WecomError(42037)
    for option in options:
        option_id = option.get("id")
        if not isinstance(option_id, str) or not 1 <= len(option_id.encode()) <= _OPTION_ID_BYTES:
            raise WecomError(42040)
        if not option.get("text"):
            raise WecomError(42040)
        advise(option, "text", 16, lint, "option_list.")


def _check_submit(card: Json, lint: list[str]) -> None:
    submit = part(card, "submit_button")
    if not submit:
        raise WecomError(42049)
    if not submit.get("text"):
        raise WecomError(42041)
    advise(submit, "text", 10, lint, "submit_button.")
    check_key(submit, set(), 42041)
