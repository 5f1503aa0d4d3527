"""What a price book's publisher should know before it is published: gaps, contradictions, rules that
never count, prices that nobody can have meant; each with a question that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from services.pricing.domain.book import BookContent
from services.pricing.domain.checks.amounts import amounts, jumps
from services.pricing.domain.checks.contradictions import contradictions
from services.pricing.domain.checks.findings import (
    KINDS,
    Context,
    Example,
    Finding,
    Rule,
    Severity,
    Words,
)
from services.pricing.domain.checks.gaps import gaps, no_longer_priced
from services.pricing.domain.checks.losing import always_losing
from services.pricing.domain.checks.never import never_applying
from services.pricing.domain.checks.survey import Survey
from services.pricing.domain.checks.territory import Place

__all__ = [
    "KINDS", "Context", "Example", "Finding", "Place", "Rule", "Severity", "Words", "findings",
    "refusing", "unacknowledged",
]  # fmt: skip

_CHECKS = (
    gaps, no_longer_priced, contradictions, never_applying, always_losing, amounts, jumps,
)  # fmt: skip


def findings(content: BookContent, context: Context) -> list[Finding]:
    """All that is found in a book that `publishing.check_content` accepts, what refuses publishing
    first."""
    survey = Survey(content, context)
    found = [_graded(each) for each in chain.from_iterable(check(survey) for check in _CHECKS)]
    order = list(Severity)
    codes = list(KINDS)
    return sorted(found, key=lambda each: (order.index(each.severity), codes.index(each.code)))


def refusing(found: Iterable[Finding]) -> list[Finding]:
    """Those with which a book is not published."""
    return [each for each in found if each.severity is Severity.REFUSES]


def unacknowledged(found: Iterable[Finding], reasons: Iterable[str]) -> list[Finding]:
    """Those for whose code somebody must say why it is meant, and nobody did.

    Args:
        reasons: the codes for which a reason was given.
    """
    given = set(reasons)
    return [f for f in found if f.severity is Severity.ACKNOWLEDGE and f.code not in given]


def _graded(found: Finding) -> Finding:
    """A finding with its kind's severity, unless the check gave it a graver one."""
    if found.severity is not Severity.TOLD:
        return found
    return replace(found, severity=KINDS[found.code].severity)
