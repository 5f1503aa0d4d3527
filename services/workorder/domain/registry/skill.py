"""Skills: what a work order asks for and what a technician holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kit.errors import InvalidArgument

LOWEST_LEVEL: Final = 1
HIGHEST_LEVEL: Final = 5

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class RequiredSkill:
    """A skill that the work needs, and the least level of it."""

    code: str
    least_level: int = LOWEST_LEVEL


def is_skill_code(text: str) -> bool:
    """Whether a text can name a skill."""
    return _CODE.fullmatch(text) is not None


def is_level(level: int) -> bool:
    """Whether there is such a level."""
    return LOWEST_LEVEL <= level <= HIGHEST_LEVEL


def parse_required(texts: Iterable[str]) -> tuple[RequiredSkill, ...]:
    """Read what a work order asks for, such as ``["aircon_install", "work_at_height:3"]``.

    Raises:
        InvalidArgument: ``WORK_ORDER_SKILL_INVALID``, naming the entry.
    """
    skills: dict[str, RequiredSkill] = {}
    for position, text in enumerate(texts):
        code, _, level = text.partition(":")
        well_formed = is_skill_code(code) and (text == code or level in {"1", "2", "3", "4", "5"})
        if not well_formed or code in skills:
            raise InvalidArgument(
                "WORK_ORDER_SKILL_INVALID",
                f"{text!r} must be a skill code, alone or with a level of 1 to 5"
                " (work_at_height:3), and stand here once",
                field=f"required_skills[{position}]",
            )
        skills[code] = RequiredSkill(code, int(level or LOWEST_LEVEL))
    return tuple(skills.values())
