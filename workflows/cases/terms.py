"""The terms by which a case or user task is found: one inverted index answers any combination. Pure.

A term names one fact, such as ``stage:install`` or ``waits:pe_li``. Titles are cut into pairs of
neighbouring characters; a pair that stands elsewhere in the title is sorted out by the query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.grams import grams, grams_of_word, normal

#: What people type of a case's id: its last characters, as the lists show them.
SHORT_ID_LENGTH: Final = 8
_ADCODE_LEVELS: Final = (2, 4, 6)


def title_terms(title: str) -> set[str]:
    """Every character of a title, and every pair of neighbours."""
    return {f"title:{gram}" for gram in grams(title)}


def word_terms(word: str) -> list[str]:
    """The terms of a title in which this word stands."""
    return [f"title:{gram}" for gram in grams_of_word(word)]


def id_terms(*ids: str) -> set[str]:
    """By which whole ids a case is found, and by their ends."""
    found = {normal(each) for each in ids if each}
    return {f"id:{each}" for full in found for each in (full, full[-SHORT_ID_LENGTH:])}


def region_terms(adcode: str) -> set[str]:
    """A place and all places that it lies in."""
    return {f"region:{adcode[:level]}" for level in _ADCODE_LEVELS if len(adcode) >= level}


def region_term(adcode: str) -> str:
    """Everything in a province (110000), a city (110100) or a district."""
    while adcode.endswith("00"):
        adcode = adcode[:-2]
    return f"region:{adcode}"


def node_term(flow_code: str, node: str) -> str:
    """Standing at a node, whichever run of its body: a node's name means something in its flow."""
    return f"node:{flow_code}/{node.rpartition(':')[2]}"


def named(kind: str, values: Iterable[str]) -> set[str]:
    """One term for each value that there is."""
    return {f"{kind}:{value}" for value in values if value}
