"""Drafts: open, edit, undo, redo, rebase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.ids import new_id
from kit.rpc.events import record
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import draft_pb2 as pb
from services.pricing.convert.drafts import (
    name_from_proto,
    name_to_proto,
    plain_to_rule,
    rule_to_plain,
)
from services.pricing.domain.comparison import HEAD
from services.pricing.domain.drafts import Act, DraftState
from services.pricing.domain.refusing import refuse
from services.pricing.domain.rule_checks import CODE
from services.pricing.servicer.base import KEEPS_PRICES, Context, sees_settlement
from services.pricing.servicer.comparing import differences
from services.pricing.servicer.draft_base import DraftRpcs, told_as_kept
from services.pricing.servicer.editing import Opened, Wanted, edit, opened
from services.pricing.servicer.local_pricing import within_bands
from services.pricing.store import books, drafts
from services.pricing.tables import PriceBookVersionRow, PriceDraftRow

_MOST_EDITS: Final = 5_000
#: Acts that a draft begins with, or stands on: nothing before them can be brought back.
_FOR_GOOD: Final = ("founded", "rebased")
_USUAL_ORDER: Final = ("customer_level", "cooperation_mode", "city_tier", "place")
_USUAL_PHASES: Final = ("premium", "coefficient", "surcharge")


class DraftEditRpcs(DraftRpcs):
    """Drafts while they are being edited."""

    async def CreatePriceDraft(
        self, request: pb.CreatePriceDraftRequest, context: Context
    ) -> pb.PriceDraft:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        code = request.price_book_code
        await self._may_price(code, actor.person_id)
        newest = await books.newest_version(session, code)
        base = await _base(request, newest)
        row = PriceDraftRow(
            draft_id=new_id("pd", now),
            price_book_code=code,
            title=request.title.strip(),
            base_price_book_code=base.price_book_code if base else None,
            base_version=base.version if base else None,
            draft_state=DraftState.EDITING,
            revision=1,
            created_at=now,
            created_by_person_id=actor.person_id,
            submitted_by_person_id="",
            submitted_hash="",
            reviewed_by_person_id="",
            review_comment="",
            approved_hash="",
        )
        await drafts.add(session, row)
        if base is None:
            await edit(await opened(row), [_first_head(request.head)], "founded", now)
        elif request.roll_back_to_version:
            await _roll_back(await opened(row), request.roll_back_to_version, now)
        created = pb.PriceDraftCreated(draft_id=row.draft_id, price_book_code=code)
        await record(created, aggregate=("price_draft", row.draft_id), occurred_at=now)
        return await told_as_kept(row.draft_id)

    async def EditPriceDraft(
        self, request: pb.EditPriceDraftRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.revision, Act.EDIT)
        wanted = _wanted(request.edits)
        return await self._edit(found, wanted, "edited", needs_approval=request.needs_approval)

    async def _edit(
        self, found: Opened, wanted: Sequence[Wanted], origin: str, *, needs_approval: bool = False
    ) -> pb.PriceDraft:
        now = self._clock.now()
        delegations = await self._delegations(found)
        beyond = await within_bands(found, wanted, delegations, needs_approval=needs_approval)
        number = await edit(found, beyond.wanted, origin, now, beyond.names)
        await self._tell(found.row, origin, number, beyond_band=bool(beyond.names))
        return await told_as_kept(found.row.draft_id)

    async def UndoPriceDraftEdit(
        self, request: pb.UndoPriceDraftEditRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.revision, Act.EDIT)
        last = await drafts.last_done(current_session(), request.draft_id)
        if last is None or last.origin in _FOR_GOOD:
            raise FailedPrecondition(
                "PRICING_DRAFT_NOTHING_TO_UNDO", "there is no edit to take back", field="draft_id"
            )
        last.edit_state = "undone"
        return await self._turned(found.row, "undone", last.edit_number)

    async def RedoPriceDraftEdit(
        self, request: pb.RedoPriceDraftEditRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.revision, Act.EDIT)
        first = await drafts.first_undone(current_session(), request.draft_id)
        if first is None:
            raise FailedPrecondition(
                "PRICING_DRAFT_NOTHING_TO_UNDO", "there is no edit to do again", field="draft_id"
            )
        first.edit_state = "done"
        return await self._turned(found.row, "redone", first.edit_number)

    async def _turned(self, row: PriceDraftRow, act: str, number: int) -> pb.PriceDraft:
        row.revision += 1
        await current_session().flush()
        await self._tell(row, act, number)
        return await told_as_kept(row.draft_id)

    async def RebasePriceDraft(
        self, request: pb.RebasePriceDraftRequest, context: Context
    ) -> pb.PriceDraftRebased:
        found = await self._take(request.draft_id, request.revision, Act.EDIT)
        session, sees = current_session(), sees_settlement()
        newest = await books.newest_version(session, found.row.price_book_code)
        if newest is None or found.base is None or found.draft.founds:
            raise FailedPrecondition(
                "PRICING_DRAFT_NO_REBASE",
                "it founds a book; open a new draft if the book is there by now",
                field="draft_id",
            )
        theirs = {each.name: each for each in await differences(found.base, newest)}
        ours = found.real_changes
        keep_theirs = {
            name_from_proto(name, f"keep_theirs[{number}]")
            for number, name in enumerate(request.keep_theirs)
        }
        conflicts = [
            (mine, theirs[mine.name])
            for mine in ours
            if mine.name in theirs and theirs[mine.name].after != mine.after
        ]
        told_conflicts = [
            pb.PriceRuleConflict(
                name=name_to_proto(mine.name),
                base=plain_to_rule(mine.name, mine.before, with_settlement=sees),
                theirs=plain_to_rule(mine.name, other.after, with_settlement=sees),
                ours=plain_to_rule(mine.name, mine.after, with_settlement=sees),
            )
            for mine, other in conflicts
        ]
        if not request.dry_run and found.base.version != newest.version:
            gone = {name for name, other in theirs.items() if other.after is None}
            kept = [
                Wanted(mine.name, mine.after, f"{mine.name.kind} {mine.name.code}")
                for mine in ours
                if mine.name not in keep_theirs and not (mine.after is None and mine.name in gone)
            ]
            beyond = {name for name, row in found.changes.items() if row.beyond_band}
            await drafts.set_state(session, request.draft_id, "done", "dropped")
            await drafts.set_state(session, request.draft_id, "undone", "dropped")
            found.row.base_version = newest.version
            await session.flush()
            number = await edit(await opened(found.row), kept, "rebased", self._clock.now(), beyond)
            await self._tell(found.row, "rebased", number)
        return pb.PriceDraftRebased(
            draft=await told_as_kept(request.draft_id), conflicts=told_conflicts
        )

    async def _tell(
        self, row: PriceDraftRow, act: str, number: int, *, beyond_band: bool = False
    ) -> None:
        edited = pb.PriceDraftEdited(
            draft_id=row.draft_id,
            price_book_code=row.price_book_code,
            revision=row.revision,
            act=act,
            edit_number=number,
            beyond_band=beyond_band,
        )
        await record(edited, aggregate=("price_draft", row.draft_id), occurred_at=self._clock.now())


async def _base(
    request: pb.CreatePriceDraftRequest, newest: PriceBookVersionRow | None
) -> PriceBookVersionRow | None:
    session, copied = current_session(), request.copy_of_price_book_code
    if not CODE.fullmatch(request.price_book_code):
        raise InvalidArgument(
            "PRICING_CODE_INVALID", "a book needs a code, such as standard", field="price_book_code"
        )
    if newest is not None and (copied or request.HasField("head")):
        raise InvalidArgument(
            "PRICING_BOOK_EXISTS",
            f"book {request.price_book_code!r} is there; a copy needs a code of its own",
            field="price_book_code",
        )
    if newest is None and request.roll_back_to_version:
        raise NotFound(
            "PRICING_BOOK_UNKNOWN",
            f"there is no price book {request.price_book_code!r} to roll back",
            field="price_book_code",
        )
    if newest is not None:
        return newest
    current_actor().require_role(*KEEPS_PRICES)
    if not copied:
        return None
    if request.copy_of_version:
        return await books.version(session, copied, request.copy_of_version)
    return await books.newest(session, copied, "copy_of_price_book_code")


def _first_head(given: book_pb2.PriceBookHead) -> Wanted:
    head = book_pb2.PriceBookHead(
        currency=given.currency or "CNY",
        resolution_order=given.resolution_order or _USUAL_ORDER,
        phases=given.phases or _USUAL_PHASES,
        rounding=given.rounding or book_pb2.ROUNDING_HALF_UP,
    )
    _, said = rule_to_plain(book_pb2.PriceRule(head=head), "head")
    return Wanted(HEAD, said, "head")


async def _roll_back(found: Opened, version: int, now: datetime) -> None:
    assert found.base is not None, "there is no roll-back without a newest version"
    code = found.row.price_book_code
    target = await books.version(current_session(), code, version)
    wanted = [
        Wanted(each.name, each.after, f"{each.name.kind} {each.name.code}".strip())
        for each in await differences(found.base, target)
    ]
    await edit(found, wanted, "rolled_back", now)


def _wanted(edits: Sequence[pb.PriceRuleEdit]) -> list[Wanted]:
    """What a request wants.

    Raises:
        InvalidArgument: all that cannot be read, each at its place.
    """
    if not 1 <= len(edits) <= _MOST_EDITS:
        raise InvalidArgument(
            "PRICING_EDITS_MISSING", f"1 to {_MOST_EDITS} edits at once", field="edits"
        )
    wanted, problems = [], []
    for number, one in enumerate(edits):
        at = f"edits[{number}]"
        try:
            if one.WhichOneof("edit") == "remove":
                wanted.append(
                    Wanted(name_from_proto(one.remove, f"{at}.remove"), None, f"{at}.remove")
                )
                continue
            name, said = rule_to_plain(one.put, f"{at}.put")
        except InvalidArgument as problem:
            problems.append(problem)
            continue
        wanted.append(Wanted(name, said, f"{at}.put.{name.kind}"))
    refuse(problems)
    return wanted
