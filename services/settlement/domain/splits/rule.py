"""Split rules: which version of which rule splits an earning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from services.settlement.domain.splits.split import Portion, PortionTerm, check_portions

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class SplitRule:
    """One version of a rule; an empty cooperation mode makes it the default."""

    split_rule_code: str
    version: int
    cooperation_mode: str
    terms: tuple[PortionTerm, ...]

    @property
    def portions(self) -> tuple[Portion, ...]:
        """The exact portions, in declared order."""
        return check_portions(self.terms, "split_rule.portions")


@dataclass(frozen=True, slots=True)
class Contract:
    """The splits that even each other out: of one rule version, between the same parties."""

    split_rule_code: str
    split_rule_version: int
    currency: str
    party_ids: tuple[str, ...]


def check_rule(rule: SplitRule) -> None:
    """Raise ``InvalidArgument`` (``SETTLEMENT_SPLIT_RULE_INVALID``) unless the rule can be used."""
    if not _CODE.fullmatch(rule.split_rule_code):
        raise InvalidArgument(
            "SETTLEMENT_SPLIT_RULE_INVALID",
            "a rule's code is 1 to 64 letters, digits, '_', '.' or '-'",
            field="split_rule.split_rule_code",
        )
    check_portions(rule.terms, "split_rule.portions")


def next_version(rule: SplitRule, newest: SplitRule | None) -> int:
    """The version number a changed rule gets.

    Raises:
        FailedPrecondition: ``SETTLEMENT_SPLIT_RULE_STALE`` when the change names the version it
            is based on, and that is not the newest.
    """
    version = newest.version if newest else 0
    if rule.version not in (0, version):
        raise FailedPrecondition(
            "SETTLEMENT_SPLIT_RULE_STALE",
            f"the newest version is {version}; look at it and make the change again",
            field="split_rule.version",
        )
    return version + 1


def choose_rule(rules: Sequence[SplitRule], cooperation_mode: str) -> SplitRule:
    """The rule of a cooperation mode, or the default where the mode has none of its own.

    Raises:
        FailedPrecondition: ``SETTLEMENT_SPLIT_RULE_MISSING`` when there is neither.
    """
    by_mode = {rule.cooperation_mode: rule for rule in rules}
    rule = by_mode.get(cooperation_mode) or by_mode.get("")
    if rule is None:
        raise FailedPrecondition(
            "SETTLEMENT_SPLIT_RULE_MISSING",
            f"no split rule for cooperation mode {cooperation_mode!r} and no default rule;"
            " put one with PutSplitRule",
            field="facts.cooperation_mode",
        )
    return rule
