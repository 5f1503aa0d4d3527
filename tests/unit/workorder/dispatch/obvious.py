"""An obviously right scorer: one technician after the other, one quarter of an hour after the other,
in fractions, with none of the matcher's code.
"""

import math
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.workorder.domain.dispatch.facts import Facts
from services.workorder.domain.dispatch.hours import instant_of
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor, Policy

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_QUARTER = timedelta(minutes=15)


def exclusion(one: Facts, asked: Need) -> str:
    """The first hard rule that is failed; empty: none."""
    return next((name for name, failed in _rules(one, asked) if failed), "")


def _rules(one: Facts, asked: Need) -> list[tuple[str, bool]]:
    profile, outlet = one.profile, one.outlet
    held = [(profile.skills.get(each.code), each) for each in asked.required_skills]
    territory = profile.territory_codes or (outlet.territory_codes if outlet else frozenset())
    duty = _longest(one, asked, with_visits=False)
    free = _longest(one, asked, with_visits=True)
    needed = math.ceil(Fraction(asked.service_minutes, 15))
    return [
        ("INACTIVE", not profile.active),
        ("EXCLUDED", one.technician_id in asked.excluded_technician_ids),
        (
            "NOT_ASKED",
            asked.asked_outlet_id not in ("", profile.outlet_id)
            or (asked.asked_team_id != "" and one.technician_id not in asked.team_technician_ids),
        ),
        (
            "BARRED",
            one.technician_id in asked.barred_technician_ids
            or profile.outlet_id in asked.barred_outlet_ids,
        ),
        ("SKILL_MISSING", any(skill is None for skill, _ in held)),
        ("SKILL_LEVEL_TOO_LOW", any(skill and skill.level < r.least_level for skill, r in held)),
        ("CERTIFICATE_EXPIRED", any(skill and skill.until < asked.at for skill, _ in held)),
        ("TAG_MISSING", not asked.required_tags <= profile.tags),
        ("OUT_OF_TERRITORY", not any(code in territory for code in asked.place_codes)),
        (
            "OUTLET_WITHOUT_CONTRACT",
            outlet is not None
            and (outlet.suspended or not outlet.contract[0] <= asked.at < outlet.contract[1]),
        ),
        (
            "BRAND_NOT_AUTHORISED",
            outlet is not None
            and bool(asked.brand_code and outlet.brand_codes)
            and asked.brand_code not in outlet.brand_codes,
        ),
        (
            "COOPERATION_MODE_MISMATCH",
            bool(asked.cooperation_mode)
            and profile.cooperation_mode != asked.cooperation_mode
            and not (outlet and asked.cooperation_mode in outlet.cooperation_modes),
        ),
        ("OFF_DUTY", duty < needed),
        ("BUSY", free < needed),
        ("CAPACITY_REACHED", _taken(one, asked) >= profile.daily_capacity),
    ]


def _longest(one: Facts, asked: Need, *, with_visits: bool) -> int:
    """The most free quarters one after the other."""
    best = run = 0
    begins, ends = instant_of(max(asked.window[0], asked.at)), instant_of(asked.window[1])
    quarter = begins.replace(minute=0, second=0, microsecond=0)
    while quarter + _QUARTER <= ends:
        free = quarter >= begins and _is_free(one, quarter, with_visits=with_visits)
        run = run + 1 if free else 0
        best = max(best, run)
        quarter += _QUARTER
    return best


def _is_free(one: Facts, begin: datetime, *, with_visits: bool) -> bool:
    end = begin + _QUARTER
    taken = (*one.profile.absences, *(one.workload.commitments if with_visits else ()))
    if any(instant_of(first) < end and instant_of(last) > begin for first, last in taken):
        return False
    local = begin.astimezone(_SHANGHAI)
    minute = local.hour * 60 + local.minute
    stretches = one.profile.working_hours
    return not stretches or any(
        each.weekday == local.isoweekday()
        and each.start_minute <= minute
        and minute + 15 <= each.end_minute
        for each in stretches
    )


def _open_offers(one: Facts, asked: Need) -> int:
    return sum(first <= asked.at < last for first, last in one.workload.open_offers)


def _taken(one: Facts, asked: Need) -> int:
    day = instant_of(max(asked.window[0], asked.at)).astimezone(_SHANGHAI).date()
    today = instant_of(asked.at).astimezone(_SHANGHAI).date()
    if day == today:
        days = (today - instant_of(0).date()).days
        taken = one.workload.accepted_count if one.workload.accepted_day == days else 0
    else:
        taken = sum(
            instant_of(first).astimezone(_SHANGHAI).date() == day
            for first, _ in one.workload.commitments
        )
    return taken + _open_offers(one, asked)


def way(one: Facts, asked: Need, policy: Policy) -> float:
    """The way along roads in metres, by the haversine formula; endless when it is not known."""
    here, there = one.profile.home, asked.location
    if here is None or there is None:
        return math.inf
    by_latitude = math.radians(there.latitude - here.latitude) / 2
    by_longitude = math.radians(there.longitude - here.longitude) / 2
    half = math.sin(by_latitude) ** 2 + math.cos(math.radians(here.latitude)) * math.cos(
        math.radians(there.latitude)
    ) * (math.sin(by_longitude) ** 2)
    metres = round(2 * 6_371_008.8 * math.asin(math.sqrt(half)))
    return metres * policy.road_factor_basis_points // 10_000


def load(one: Facts, asked: Need) -> int:
    """What they have to do, or to answer."""
    return one.workload.open_work + _open_offers(one, asked)


def earned(one: Facts, asked: Need) -> int:
    """In the last seven days."""
    today = (instant_of(asked.at).astimezone(_SHANGHAI).date() - instant_of(0).date()).days
    return sum(amount for day, amount in one.workload.earnings if today - 7 < day <= today)


def score(one: Facts, asked: Need, policy: Policy, mean_earned: int, parts_at_hand: int) -> int:
    """All factors by their weights."""
    work, profile = one.workload, one.profile
    stars = (
        work.rating_sum * 100 // work.rated
        if work.rated
        else profile.rating_hundredths or policy.unrated_rating_hundredths
    )
    surplus = sum(
        profile.skills[each.code].level - each.least_level for each in asked.required_skills
    )
    usual = policy.usual_orders * Fraction(policy.usual_quality_basis_points, 10_000)
    quality = (max(0, work.done - work.reworks) + usual) / (work.done + policy.usual_orders)
    if one.technician_id in asked.preferred_technician_ids:
        preference = 10_000
    elif one.technician_id in asked.previous_technician_ids:
        preference = policy.previous_technician_score
    elif profile.outlet_id in asked.preferred_outlet_ids:
        preference = policy.preferred_outlet_score
    else:
        preference = 0
    parts = {
        Factor.DISTANCE: _left(way(one, asked, policy), policy.distance_limit_m),
        Factor.LOAD: _left(load(one, asked), profile.daily_capacity),
        Factor.SKILL_FIT: _left(surplus, 4 * len(asked.required_skills) or 1),
        Factor.RATING: Fraction(stars, 500),
        Factor.QUALITY: quality,
        Factor.PREFERENCE: Fraction(preference, 10_000),
        Factor.PARTS: Fraction(parts_at_hand, len(asked.parts)) if asked.parts else Fraction(1),
        Factor.FAIRNESS: _left(earned(one, asked), 2 * mean_earned) if mean_earned else Fraction(1),
    }
    points = {factor: math.floor(part * 10_000) for factor, part in parts.items()}
    return sum(policy.weights[factor] * points[factor] for factor in Factor) // 10_000


def _left(amount: float, limit: int) -> Fraction:
    return 1 - Fraction(min(amount, limit)) / limit
