"""Templates: what a work order begins with, and what has to be said when one is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.workorder.domain.registry.skill import is_skill_code

#: What a template may ask of a creation.
REQUIRABLE: Final = (
    "title", "address_id", "location", "floor", "notes", "quote_id", "asset_id", "case_id",
    "team_id", "outlet_id", "customer_level", "source_ref", "due_at",
)  # fmt: skip
_MOST_QUESTIONS: Final = 50
_MOST_MINUTES: Final = 366 * 24 * 60


def require_code(code: str) -> str:
    """A code that can name a template (``WORK_ORDER_TEMPLATE_INVALID``)."""
    if not is_skill_code(code):
        raise invalid(f"{code!r} must be a lower-case code such as aircon_install", "template_code")
    return code


def require_presets(required: Collection[str], question_count: int, due_minutes: int) -> None:
    """Presets that a creation can follow (``WORK_ORDER_TEMPLATE_INVALID``)."""
    for position, name in enumerate(required):
        if name not in REQUIRABLE:
            raise invalid(
                f"{name!r} cannot be required; these can: {', '.join(REQUIRABLE)}",
                f"template.required_fields[{position}]",
            )
    if question_count > _MOST_QUESTIONS:
        raise invalid(f"at most {_MOST_QUESTIONS} questions", "template.questions")
    if not 0 <= due_minutes <= _MOST_MINUTES:
        raise invalid(f"0 to {_MOST_MINUTES} minutes", "template.due_within_minutes")


def require_said(template_code: str, required: Collection[str], said: Mapping[str, bool]) -> None:
    """All that the template asks for was said.

    Raises:
        InvalidArgument: ``WORK_ORDER_FIELDS_MISSING``, with every missing field in its details.
    """
    missing = [name for name in required if not said[name]]
    if missing:
        raise InvalidArgument(
            "WORK_ORDER_FIELDS_MISSING",
            f"template {template_code} asks for {', '.join(missing)}",
            field=missing[0],
            details={"missing": ",".join(missing), "template_code": template_code},
        )


def require_newest(template_code: str, read: int, newest: int) -> None:
    """Nobody put another version meanwhile (``WORK_ORDER_TEMPLATE_STALE``)."""
    if read != newest:
        raise FailedPrecondition(
            "WORK_ORDER_TEMPLATE_STALE",
            f"the newest version of template {template_code} is {newest}, not {read}; read it and"
            " change that one",
            field="template.template_version",
        )


def require_open(template_code: str, retired: bool) -> None:
    """The template is still in use (``WORK_ORDER_TEMPLATE_RETIRED``)."""
    if retired:
        raise FailedPrecondition(
            "WORK_ORDER_TEMPLATE_RETIRED",
            f"nothing is made from template {template_code} any more; choose another",
            field="template_code",
        )


def unknown(template_code: str, template_version: int) -> NotFound:
    """The refusal for a template or version that is not there."""
    version = f" in version {template_version}" if template_version else ""
    return NotFound(
        "WORK_ORDER_TEMPLATE_UNKNOWN",
        f"there is no template {template_code!r}{version}",
        field="template_code",
    )


def invalid(message: str, field: str) -> InvalidArgument:
    """The refusal for a template that cannot be."""
    return InvalidArgument("WORK_ORDER_TEMPLATE_INVALID", message, field=field)
