"""What differs between two books, rule by rule: taken apart, applied, named by a hash.

Here a rule is its plain form, as it is kept and travels; a rule that is not there is None.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from kit.money import MINOR_DIGITS

Plain = Mapping[str, Any]


class RuleKind(StrEnum):
    """What a book consists of."""

    HEAD = "head"
    RATE = "rate"
    MODIFIER = "modifier"
    PROMOTION = "promotion"
    TAX = "tax"
    GROUP = "group"
    OPENING = "opening"


#: In the order in which people read them.
_ORDER: Final = {kind: number for number, kind in enumerate(RuleKind)}


class RuleName(NamedTuple):
    """A rule of a book; the head has no code."""

    kind: RuleKind
    code: str

    @property
    def in_order(self) -> tuple[int, str]:
        """What rules are sorted by."""
        return _ORDER[self.kind], self.code


#: The head of every book.
HEAD: Final = RuleName(RuleKind.HEAD, "")
Rules = Mapping[RuleName, Plain]


class Outcome(StrEnum):
    """What becomes of a rule."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that differs; not there: None."""

    name: RuleName
    before: Plain | None
    after: Plain | None

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        if self.before is None:
            return Outcome.ADDED
        return Outcome.REMOVED if self.after is None else Outcome.CHANGED

    def touches(self, field: str, value: str) -> bool:
        """Whether a field has this value on either side; of a list, whether it is in it."""
        for rule in (self.before, self.after):
            said = (rule or {}).get(field)
            if said == value or (isinstance(said, list) and value in said):
                return True
        return False


class FieldChange(NamedTuple):
    """One field that differs, as people write it; empty: not there."""

    field: str
    before: str
    after: str


def difference(before: Rules, after: Rules) -> list[Change]:
    """What becomes of the rules, in the order in which people read them."""
    names = sorted(before.keys() | after.keys(), key=lambda name: name.in_order)
    changes = (Change(name, before.get(name), after.get(name)) for name in names)
    return [change for change in changes if change.before != change.after]


def applied(rules: Rules, changes: Iterable[Change]) -> dict[RuleName, Plain]:
    """The rules as the changes leave them."""
    result = dict(rules)
    for change in changes:
        if change.after is None:
            result.pop(change.name, None)
        else:
            result[change.name] = change.after
    return result


def fields_of(change: Change) -> list[FieldChange]:
    """The fields that differ, in the order of their names."""
    before, after = dict(_written(change.before or {})), dict(_written(change.after or {}))
    names = sorted(before.keys() | after.keys())
    found = (FieldChange(name, before.get(name, ""), after.get(name, "")) for name in names)
    return [each for each in found if each.before != each.after]


def percent(change: Change, price: str) -> str:
    """By how much a rate's price changed, such as "-5.00"; empty where that says nothing."""
    before, after = (_minor(rule, price) for rule in (change.before, change.after))
    if before is None or after is None or not before or before == after:
        return ""
    return f"{(Decimal(after - before) * 100 / before).quantize(Decimal('0.01')):+f}"


def hash_of(base_hash: str, changes: Iterable[Change]) -> str:
    """The sha256 that names a content by the one it stands on and by what it changes of it; it does
    not matter in which order or how often that was edited.

    Args:
        base_hash: of the version below; empty: of none.
    """
    told = sorted(([*change.name, change.after] for change in changes), key=lambda each: each[:2])
    written = json.dumps([base_hash, told], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _minor(rule: Plain | None, price: str) -> int | None:
    said = (rule or {}).get(price)
    return None if said is None else int(said.get("amount_minor", 0))


def _written(plain: Plain, path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in plain.items():
        at = f"{path}{name}"
        match value:
            case {"currency": str(currency)}:
                yield at, _money(currency, int(value.get("amount_minor", 0)))
            case dict():
                yield from _written(value, f"{at}.")
            case list():
                yield at, ", ".join(map(_item, value))
            case bool():
                yield at, "true" if value else "false"
            case _:
                yield at, str(value)


def _item(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={text}" for name, text in _written(value))
    return str(value)


def _money(currency: str, minor: int) -> str:
    digits = MINOR_DIGITS.get(currency, 0)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}"
