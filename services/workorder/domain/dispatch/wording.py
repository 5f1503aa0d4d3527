"""Why this technician, or why not, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.workorder.domain.dispatch.policy import FULL_SCORE, Factor, Policy
from services.workorder.domain.dispatch.rules import Exclusion

#: In Chinese and in English.
Words = tuple[str, str]

_EXCLUSIONS: Final[Mapping[Exclusion, Words]] = {
    Exclusion.INACTIVE: ("已停止接单", "takes no work"),
    Exclusion.EXCLUDED: (
        "已拒绝本单或未在时限内应答",
        "declined this work or did not answer in time",
    ),
    Exclusion.NOT_ASKED: (
        "本单只派给指定网点或班组",
        "is not of the outlet or team that alone is asked",
    ),
    Exclusion.BARRED: ("被限制派往该客户", "must not be sent to this customer"),
    Exclusion.SKILL_MISSING: ("缺少所需技能", "lacks a skill that is needed"),
    Exclusion.SKILL_LEVEL_TOO_LOW: ("技能等级不够", "holds a skill at too low a level"),
    Exclusion.CERTIFICATE_EXPIRED: ("证书已过期", "has a certificate that is no longer good"),
    Exclusion.TAG_MISSING: ("不具备所需条件（语言、门禁等）", "lacks what else is asked for"),
    Exclusion.OUT_OF_TERRITORY: ("不在服务区域内", "does not serve this place"),
    Exclusion.OUTLET_WITHOUT_CONTRACT: (
        "所属网点合同无效或已暂停",
        "belongs to an outlet without a valid contract",
    ),
    Exclusion.BRAND_NOT_AUTHORISED: (
        "所属网点未获该品牌授权",
        "belongs to an outlet that is not authorised for the brand",
    ),
    Exclusion.COOPERATION_MODE_MISMATCH: (
        "合作模式不符",
        "works in another cooperation mode than is asked for",
    ),
    Exclusion.OFF_DUTY: ("所需时段不在班或请假", "is not on duty long enough in the window"),
    Exclusion.BUSY: ("所需时段已有预约", "has other visits in the window"),
    Exclusion.CAPACITY_REACHED: ("当天单量已满", "has as much for the day as they can take"),
}

_FACTORS: Final[Mapping[Factor, Words]] = {
    Factor.DISTANCE: ("距离", "distance"),
    Factor.LOAD: ("当前任务量", "present load"),
    Factor.SKILL_FIT: ("技能匹配度", "skill fit"),
    Factor.RATING: ("客户评分", "rating"),
    Factor.QUALITY: ("一次修复率", "first-time fix"),
    Factor.PREFERENCE: ("客户偏好", "preference"),
    Factor.PARTS: ("随车备件", "parts at hand"),
    Factor.FAIRNESS: ("收益公平", "fairness of earnings"),
}
#: So many factors are named on which most was lost.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands among the candidates: 1 first; 0: they are not among them."""

    rank: int
    candidate_count: int
    best_score: int


def exclusion_in_words(exclusions: Sequence[Exclusion]) -> Words:
    """Which hard rules are failed."""
    chinese = "；".join(_EXCLUSIONS[each][0] for each in exclusions)
    english = "; ".join(_EXCLUSIONS[each][1] for each in exclusions)
    return chinese, english


def candidate_in_words(
    place: Place, score: int, scores: Mapping[Factor, int], policy: Policy
) -> Words:
    """Where a candidate stands, and on what they lost most."""
    lost = _lost(scores, policy)
    chinese = f"在 {place.candidate_count} 名候选人中排第 {place.rank}，得 {score} 分"
    english = f"number {place.rank} of {place.candidate_count} candidates, with {score} points"
    if place.rank > 1:
        chinese += f"（第一名 {place.best_score} 分）"
        english += f" (the first has {place.best_score})"
    if lost:
        chinese += "；主要失分：" + "、".join(f"{_FACTORS[each][0]} {by}" for each, by in lost)
        english += "; most was lost on " + ", ".join(
            f"{_FACTORS[each][1]} {by}" for each, by in lost
        )
    return chinese + "。", english + "."


def _lost(scores: Mapping[Factor, int], policy: Policy) -> list[tuple[Factor, int]]:
    points = {
        factor: (FULL_SCORE - scores[factor]) * policy.weights[factor] // FULL_SCORE
        for factor in Factor
    }
    most = sorted(points, key=lambda factor: -points[factor])[:_NAMED]
    return [(factor, points[factor]) for factor in most if points[factor]]
