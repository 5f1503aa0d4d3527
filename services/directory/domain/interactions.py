"""Something that happened with a customer: which kinds there are, and what may be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.money import Money

#: Whose events are applied; what people record bears other names.
OWN_SOURCES: Final = frozenset({"cases", "workorder", "notify"})
#: What is recorded by hand.
MANUAL: Final = "manual"
YEARS_SHOWN: Final = 3
_LONGEST_TITLE: Final = 200
_LONGEST_NAME: Final = 100
_LONGEST_DETAILS: Final = 4000
_BEST_RATING: Final = 5


class Kind(StrEnum):
    """What kind of thing happened."""

    CASE = "case"
    WORK_ORDER = "work_order"
    MESSAGE = "message"
    CALL = "call"
    PURCHASE = "purchase"
    COMPLAINT = "complaint"
    RATING = "rating"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened with a customer, as its source tells it.

    Attributes:
        source_revision: of one thing of a source the highest counts.
        details: what people wrote; personal.
    """

    customer_id: str
    kind: Kind
    occurred_at: datetime
    source: str
    source_id: str
    source_revision: int
    title: str
    title_en: str = ""
    subject: str = ""
    progress: str = ""
    is_open: bool = False
    office_only: bool = False
    rating: int = 0
    amount: Money | None = None
    case_id: str = ""
    work_order_id: str = ""
    details: str = ""


def check_happening(happening: Happening, now: datetime) -> None:
    """Refuse what cannot stand in a timeline.

    Raises:
        InvalidArgument: ``INTERACTION_INVALID``, naming the field.
    """
    for field, longest in (
        ("title_en", _LONGEST_TITLE),
        ("source", _LONGEST_NAME),
        ("source_id", _LONGEST_NAME),
        ("subject", _LONGEST_NAME),
        ("progress", _LONGEST_NAME),
        ("details", _LONGEST_DETAILS),
    ):
        if len(getattr(happening, field)) > longest:
            raise _invalid(f"at most {longest} characters", field)
    if not 0 < len(happening.title) <= _LONGEST_TITLE:
        raise _invalid(f"a title has 1 to {_LONGEST_TITLE} characters", "title")
    if happening.source in OWN_SOURCES:
        raise _invalid(f"{happening.source!r} tells of itself; name where it happened", "source")
    if happening.source_revision < 0:
        raise _invalid("revisions are 0, 1, 2 …", "source_revision")
    if not 0 <= happening.rating <= _BEST_RATING:
        raise _invalid(f"1 to {_BEST_RATING} stars, or 0 for none", "rating")
    if happening.occurred_at > now:
        raise _invalid("it has not happened yet; record it when it has", "occurred_at")


def kind_unknown() -> InvalidArgument:
    """The refusal of a record that does not say what happened."""
    return _invalid(f"say what it was: {', '.join(Kind)}", "kind")


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("INTERACTION_INVALID", message, field=field)


def shown_since(now: datetime, years: int = YEARS_SHOWN) -> datetime:
    """Since when a timeline is shown unless it is asked otherwise: the same day some years ago, from
    its beginning; of a 29th of February the 28th."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
