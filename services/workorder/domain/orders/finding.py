"""The terms by which a work order is found (docs/decisions/0022): one inverted index answers any
combination of them. Nothing of a person is among them: notes stay out, since anything may stand there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kit.grams import grams, grams_of_word, normal

#: What people type of an id: its last characters, as the lists show them.
SHORT_ID_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Findable:
    """What a work order is found by.

    Attributes:
        ids: of the work order and of what it belongs to, found whole or by their ends.
        place_codes: every adcode, zone and macro-region of the place.
        technician_ids: to whom it is offered, who has it, who share it.
    """

    ids: tuple[str, ...]
    state: str
    stage: str
    source: str
    customer_id: str
    asset_id: str
    team_id: str
    outlet_id: str
    place_codes: Iterable[str]
    technician_ids: Iterable[str]
    item_codes: Iterable[str]
    search_text: str


def search_text(title: str, item_names: Iterable[str], place_name: str) -> str:
    """What words are looked for in."""
    return normal("\n".join(filter(None, (title, *item_names, place_name))))


def terms_of(found: Findable) -> list[str]:
    """All terms of a work order."""
    return sorted(
        _named("id", _id_ends(found.ids))
        | _named("state", [found.state])
        | _named("stage", [found.stage])
        | _named("source", [found.source])
        | _named("customer", [found.customer_id])
        | _named("asset", [found.asset_id])
        | _named("team", [found.team_id])
        | _named("outlet", [found.outlet_id])
        | _named("at", found.place_codes)
        | _named("technician", found.technician_ids)
        | _named("item", found.item_codes)
        | _named("word", grams(found.search_text))
    )


def word_terms(word: str) -> list[str]:
    """The terms of a work order in whose text this word stands."""
    return [f"word:{gram}" for gram in grams_of_word(word)]


def is_told_by_terms(word: str) -> bool:
    """Whether the terms alone say that a word stands in a text: it is no longer than they are."""
    return word_terms(word) == [f"word:{word}"]


def id_term(word: str) -> str:
    """The term of an id that somebody typed whole, or its end; empty for what can be neither."""
    return f"id:{word}" if len(word) >= SHORT_ID_LENGTH and word.isascii() else ""


def _id_ends(ids: Iterable[str]) -> set[str]:
    whole = {normal(each) for each in ids if each}
    return whole | {each[-SHORT_ID_LENGTH:] for each in whole}


def _named(kind: str, values: Iterable[str]) -> set[str]:
    return {f"{kind}:{value}" for value in values if value}
