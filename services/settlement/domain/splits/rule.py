"""Split rules: which version of which rule splits an earning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition
from services.settlement.domain.splits.scheme import Scheme, check_scheme
from services.settlement.domain.splits.split import invalid
from services.settlement.domain.splits.terms import PortionTerm

_PORTIONS: Final = "split_rule.portions"
_ADCODE: Final = re.compile(r"\d{6}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class CommissionBase(StrEnum):
    """What of a settlement is split by the portions."""

    #: All of it.
    GROSS = "gross"
    #: Without the lines of taxes.
    BEFORE_TAX = "before_tax"
    #: Without the lines of taxes and of parts.
    NET_OF_PARTS = "net_of_parts"


class RuleState(StrEnum):
    """Whether a version may be used."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class SplitRule:
    """One version of a rule.

    Args:
        split_rule_code: of the rule.
        version: counted by the service.
        cooperation_mode: it splits earnings of this mode; empty: of all that have no other rule.
        terms: the portions, in declared order.
        region_adcode: only of work in this region; empty: anywhere.
        outlet_id: only of this outlet's work; empty: of anybody's.
        commission_base: what the portions are of.
        excluded_to: to which party goes what the base leaves out.
        review_required: earnings are payable only once a person has reviewed them.
        effective_from: it splits promises from this day on, in Asia/Shanghai.
    """

    split_rule_code: str
    version: int
    cooperation_mode: str
    terms: tuple[PortionTerm, ...]
    region_adcode: str = ""
    outlet_id: str = ""
    commission_base: CommissionBase = CommissionBase.GROSS
    excluded_to: str = ""
    review_required: bool = False
    effective_from: date = date.min

    @property
    def scheme(self) -> Scheme:
        """The portions, checked."""
        return check_scheme(self.terms, _PORTIONS)

    @property
    def scope(self) -> tuple[str, str, str]:
        """Whose earnings it splits: cooperation mode, region, outlet."""
        return (self.cooperation_mode, self.region_adcode, self.outlet_id)

    @property
    def excluded_position(self) -> int | None:
        """Whose portion also gets what the base leaves out."""
        return next(
            (i for i, term in enumerate(self.terms) if term.party_kind == self.excluded_to), None
        )


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
        raise invalid(
            "a rule's code is 1 to 64 letters, digits, '_', '.' or '-'",
            "split_rule.split_rule_code",
        )
    if rule.region_adcode and not _ADCODE.fullmatch(rule.region_adcode):
        raise invalid("a region is an adcode of six digits", "split_rule.region_adcode")
    check_scheme(rule.terms, _PORTIONS)
    whole = rule.commission_base is CommissionBase.GROSS
    if whole and rule.excluded_to:
        raise invalid("the base leaves nothing out", "split_rule.excluded_to")
    if not whole and rule.excluded_position is None:
        raise invalid(
            "say which party of the rule gets what the base leaves out", "split_rule.excluded_to"
        )


def check_scope(rule: SplitRule, newest: SplitRule | None) -> None:
    """Raise ``InvalidArgument`` (``SETTLEMENT_SPLIT_RULE_INVALID``) when a new version would split
    other earnings than the one before."""
    if newest is not None and newest.scope != rule.scope:
        raise invalid(
            "a rule keeps its cooperation mode, region and outlet; put another rule for others",
            "split_rule.cooperation_mode",
        )


def check_decision(state: RuleState, put_by_person_id: str, person_id: str) -> None:
    """Raise ``FailedPrecondition`` unless this person may decide on a version in this state:
    ``SETTLEMENT_SPLIT_RULE_DECIDED``, ``SETTLEMENT_FOUR_EYES``."""
    if state is not RuleState.PROPOSED:
        raise FailedPrecondition(
            "SETTLEMENT_SPLIT_RULE_DECIDED", f"this version is {state} already", field="version"
        )
    if put_by_person_id == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever put a version does not decide on it; ask another",
            field="version",
        )


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


def choose_rule(
    rules: Sequence[SplitRule], cooperation_mode: str, region_adcode: str = "", outlet_id: str = ""
) -> SplitRule:
    """The rule that says most precisely whose earning it splits: the outlet's before the region's,
    the smaller region's before the larger one's, the cooperation mode's before the default.

    Args:
        rules: one version of each rule, those in force.
        cooperation_mode: of the work.
        region_adcode: where the work is.
        outlet_id: whose technician does it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_SPLIT_RULE_MISSING`` when none fits.
    """
    fitting = [
        rule
        for rule in rules
        if rule.cooperation_mode in ("", cooperation_mode)
        and rule.outlet_id in ("", outlet_id)
        and covers(rule.region_adcode, region_adcode)
    ]
    if not fitting:
        raise FailedPrecondition(
            "SETTLEMENT_SPLIT_RULE_MISSING",
            f"no split rule for cooperation mode {cooperation_mode!r} and no default rule;"
            " put one with PutSplitRule",
            field="facts.cooperation_mode",
        )
    return max(fitting, key=_precision)


def covers(region_adcode: str, adcode: str) -> bool:
    """Whether a region (province, city or county of GB/T 2260; empty: any) holds a place."""
    return adcode.startswith(stem(region_adcode))


def stem(adcode: str) -> str:
    """What the codes of all places in a region begin with."""
    while adcode.endswith("00"):
        adcode = adcode[:-2]
    return adcode


def _precision(rule: SplitRule) -> tuple[bool, int, bool]:
    return bool(rule.outlet_id), len(stem(rule.region_adcode)), bool(rule.cooperation_mode)
