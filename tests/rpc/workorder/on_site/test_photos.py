"""The same photo on two work orders is found, whichever of them tells first."""

import asyncio
import itertools
from typing import Any

from kit.authn import Actor
from protos.workorder.v1 import on_site_pb2 as pb
from tests.rpc.workorder.conftest import DISPATCHER, Desk
from tests.rpc.workorder.on_site.conftest import OnSite, in_progress, photo

SAME, SIMILAR = pb.ON_SITE_FLAG_KIND_SAME_PHOTO, pb.ON_SITE_FLAG_KIND_SIMILAR_PHOTO
_contents = itertools.count(1)


def shown(looks: int, content: int = 0, **fields: Any) -> pb.Evidence:
    """Evidence of so many bits, of a file of its own unless its content is named."""
    made = photo(looks=f"{looks:016x}", **fields)
    made.sha256 = f"{content or next(_contents):064x}"
    return made


async def two(desk: Desk, **fields: Any) -> tuple[OnSite, OnSite]:
    """Two work orders of one technician, at two addresses."""
    zhang = await desk.technician()
    one = await in_progress(desk, technician_id=zhang, address_id=f"ad_{next(_contents)}", **fields)
    other = await in_progress(desk, technician_id=zhang, address_id=f"ad_{next(_contents)}")
    one.pass_minutes(60)
    return one, other


async def test_the_same_file_as_evidence_of_two_work_orders_is_flagged_on_the_later(
    desk: Desk,
) -> None:
    one, other = await two(desk)
    content = 10**30 + next(_contents)
    first = one.tell(-20, "phone.first", evidence=shown(0, content))
    second = other.tell(-10, "phone.second", evidence=shown(0, content))
    assert not (await other.report(second)).standings[0].flags
    assert not (await one.report(first)).standings[0].flags
    assert not (await one.record()).flags
    (flag,) = (await other.record()).flags
    assert (flag.kind, flag.command_id) == (SAME, "phone.second")
    assert (flag.other_work_order_id, flag.other_command_id) == (one.work_order_id, "phone.first")
    (theirs,) = (await other.record(other.technician)).flags
    assert theirs.other_work_order_id == ""
    listed = await desk.call("OnSiteService/ListOnSiteFlags", DISPATCHER, kind=SAME,
        technician_id=other.technician.person_id,
    )  # fmt: skip
    assert [each.flag_id for each in listed.flags] == [flag.flag_id]


async def test_of_two_phones_that_show_one_file_at_once_one_is_flagged(desk: Desk) -> None:
    one, other = await two(desk)
    looks = (0, 0xFFFF_FFFF, 0xFFFF_FFFF_0000_0000)
    shows = [shown(each, 10**30 + next(_contents)) for each in looks]
    await asyncio.gather(
        one.report(*(one.tell(-20, evidence=each) for each in shows)),
        other.report(*(other.tell(-10, evidence=each) for each in reversed(shows))),
    )
    assert not (await one.record()).flags
    assert [flag.kind for flag in (await other.record()).flags] == [SAME] * 3


async def test_a_picture_that_looks_like_another_of_the_technicians_is_flagged(desk: Desk) -> None:
    one, other = await two(desk)
    looks = 0x0123_4567_89AB_CDEF
    await one.report(one.tell(-20, evidence=shown(looks)))
    report = await other.report(
        other.tell(-10, evidence=shown(looks ^ 0b111111)),
        other.tell(-9, evidence=shown(looks ^ 0b1111111)),
    )
    assert [list(standing.flags) for standing in report.standings] == [[SIMILAR], []]
    (flag,) = (await other.record()).flags
    assert flag.measured == 6


async def test_pictures_are_compared_at_one_address_whoever_took_them(desk: Desk) -> None:
    address = f"ad_{next(_contents)}"
    one = await in_progress(desk, address_id=address)
    other = await in_progress(desk, address_id=address)
    elsewhere = await in_progress(desk, address_id=f"ad_{next(_contents)}")
    one.pass_minutes(60)
    await one.report(one.tell(-20, evidence=shown(0xAAAA)))
    seen = await other.report(other.tell(-10, evidence=shown(0xAAAB)))
    unseen = await elsewhere.report(elsewhere.tell(-10, evidence=shown(0xAAAB)))
    assert list(seen.standings[0].flags) == [SIMILAR]
    assert not unseen.standings[0].flags


async def test_pictures_of_long_ago_are_not_compared_but_the_same_file_is(desk: Desk) -> None:
    one, other = await two(desk)
    content = 10**30 + next(_contents)
    await one.report(
        one.tell(-20, evidence=shown(0xBBBB)), one.tell(-19, evidence=shown(0xCCCC, content))
    )
    one.pass_minutes(91 * 24 * 60)
    report = await other.report(
        other.tell(0, evidence=shown(0xBBBB)), other.tell(0, evidence=shown(0xFFFF, content))
    )
    assert [list(standing.flags) for standing in report.standings] == [[], [SAME]]


async def test_one_photo_twice_on_its_own_work_order_is_nobodys_business(desk: Desk) -> None:
    one, _ = await two(desk)
    content = 10**30 + next(_contents)
    await one.report(
        one.tell(-20, evidence=shown(1, content)), one.tell(-19, evidence=shown(1, content))
    )
    assert not (await one.record()).flags


async def test_a_flag_is_reviewed_once_and_by_somebody_else(desk: Desk) -> None:
    one, other = await two(desk)
    content = 10**30 + next(_contents)
    await one.report(one.tell(-20, evidence=shown(0, content)))
    await other.report(other.tell(-10, evidence=shown(0, content)))
    (flag,) = (await other.record()).flags
    who = other.technician.person_id
    waiting = {"technician_id": who, "unreviewed": True}
    service = "OnSiteService"
    listed = await desk.call(f"{service}/ListOnSiteFlags", DISPATCHER, **waiting)
    assert [each.flag_id for each in listed.flags] == [flag.flag_id]
    said = {"flag_id": flag.flag_id, "verdict": "explained", "reason": "同一小区的样板间"}

    async def refused(by: Actor = DISPATCHER, **wrong: str) -> str:
        return (await desk.refused(f"{service}/ReviewOnSiteFlag", by, **{**said, **wrong})).reason

    assert await refused(verdict="maybe") == "ON_SITE_FLAG_VERDICT_INVALID"
    assert await refused(flag_id="fg_x") == "ON_SITE_FLAG_UNKNOWN"
    assert await refused(Actor(who, frozenset({"dispatcher"}))) == "ON_SITE_FLAG_OWN"
    assert await refused(other.technician) == "ROLE_REQUIRED"
    reviewed = await desk.call(f"{service}/ReviewOnSiteFlag", DISPATCHER, **said)
    assert (reviewed.verdict, reviewed.reviewed_by_person_id) == ("explained", "pe_dispatcher")
    assert await refused(verdict="upheld") == "ON_SITE_FLAG_REVIEWED"
    assert not (await desk.call(f"{service}/ListOnSiteFlags", DISPATCHER, **waiting)).flags
    (seen,) = (await other.record()).flags
    assert seen.review_reason == "同一小区的样板间"
