"""Template cards: the parts that every kind shares. Kinds are in `card_kinds`.

Hard rules refuse with WeCom's code. Lengths in characters are display advice: they go into
`lint`, which `strict_cards` turns into a refusal. Where the documentation names no code for a
missing field, 40063 is assumed, and 40058 for a value out of range.
"""

import re

from simulators.wecom.bodies import link
from simulators.wecom.errors import WecomError
from simulators.wecom.state import Json

KEY_BYTES = 1024
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
_HORIZONTAL_NEEDS = {1: ("url", 42028), 2: ("media_id", 42029), 3: ("userid", 42050)}
_MENU_KINDS = frozenset({"text_notice", "news_notice", "button_interaction"})
ACTION_REQUIRED_KINDS = frozenset({"text_notice", "news_notice"})


def check_common(card: Json, lint: list[str]) -> None:
    """Every rule that does not depend on the card's kind."""
    _check_source(part(card, "source"), lint)
    title = part(card, "main_title")
    advise(title, "title", 36, lint, "main_title.")
    advise(title, "desc", 44, lint, "main_title.")
    advise(card, "sub_title_text", 160, lint)
    if quote := part(card, "quote_area"):
        _check_jump(quote, "quote_area")
    _check_horizontal(parts(card, "horizontal_content_list"), lint)
    _check_jumps(parts(card, "jump_list"), lint)
    _check_card_action(card)
    _check_action_menu(card)


def check_task_id(card: Json, needed: bool) -> None:
    """The id under which clicks come back: needed by every card that can be clicked."""
    task_id = card.get("task_id")
    if task_id is None and not needed:
        return
    if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
        raise WecomError(42014)


def part(card: Json, name: str) -> Json:
    """An optional object of a card; empty when absent."""
    value = card.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WecomError(40058, f"invalid parameter, {name} must be an object")
    return value


def parts(card: Json, name: str) -> list[Json]:
    """An optional list of objects; empty when absent."""
    value = card.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise WecomError(40058, f"invalid parameter, {name} must be a list of objects")
    return value


def advise(owner: Json, name: str, limit: int, lint: list[str], path: str = "") -> None:
    """Note a text that is longer than phones show."""
    value = owner.get(name)
    if value is not None and not isinstance(value, str):
        raise WecomError(40058, f"invalid parameter, {path}{name} must be a string")
    if value and len(value) > limit:
        lint.append(f"{path}{name}: {len(value)} characters, phones show {limit}")


def one_of(owner: Json, name: str, allowed: tuple[int, ...], default: int, code: int) -> int:
    """An enum value, or the code that refuses it."""
    value = owner.get(name, default)
    if isinstance(value, bool) or value not in allowed:
        raise WecomError(code)
    return int(value)


def check_key(owner: Json, seen: set[str], code: int) -> None:
    """A click's key: present, short enough, and its own."""
    key = owner.get("key")
    if not isinstance(key, str) or not key or len(key.encode()) > KEY_BYTES or key in seen:
        raise WecomError(code)
    seen.add(key)


def _check_source(source: Json, lint: list[str]) -> None:
    advise(source, "desc", 20, lint, "source.")
    one_of(source, "desc_color", (0, 1, 2, 3), 0, 40058)


def _check_horizontal(rows: list[Json], lint: list[str]) -> None:
    if len(rows) > 6:
        raise WecomError(42035)
    for row in rows:
        if not row.get("keyname"):
            raise WecomError(42027)
        advise(row, "keyname", 5, lint, "horizontal_content_list.")
        advise(row, "value", 30, lint, "horizontal_content_list.")
        kind = one_of(row, "type", (0, 1, 2, 3), 0, 40058)
        name, code = _HORIZONTAL_NEEDS.get(kind, ("keyname", 42027))
        if not row.get(name):
            raise WecomError(code)


def _check_jumps(jumps: list[Json], lint: list[str]) -> None:
    if len(jumps) > 3:
        raise WecomError(42042)
    for jump in jumps:
        if not jump.get("title"):
            raise WecomError(40063, "some parameters are empty, jump_list title is missing")
        advise(jump, "title", 18, lint, "jump_list.")
        _check_jump(jump, "jump_list")


def _check_jump(jump: Json, name: str) -> None:
    kind = one_of(jump, "type", (0, 1, 2), 0, 40058)
    if kind == 1:
        link(jump.get("url"))
    if kind == 2 and not jump.get("appid"):
        raise WecomError(40063, f"some parameters are empty, {name} appid is missing")


def _check_card_action(card: Json) -> None:
    action = part(card, "card_action")
    required = card["card_type"] in ACTION_REQUIRED_KINDS
    if not action and not required:
        return
    kind = one_of(action, "type", (1, 2) if required else (0, 1, 2), 0, 42045)
    if kind == 1:
        link(action.get("url"))
    if kind == 2 and not action.get("appid"):
        raise WecomError(42045)


def _check_action_menu(card: Json) -> None:
    menu = part(card, "action_menu")
    if not menu:
        return
    actions = parts(menu, "action_list")
    if card["card_type"] not in _MENU_KINDS or not 1 <= len(actions) <= 3:
        raise WecomError(42051)
    seen: set[str] = set()
    for action in actions:
        if not action.get("text"):
            raise WecomError(42051)
        check_key(action, seen, 42051)
