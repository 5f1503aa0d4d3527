"""What holds on site: rules and checklists."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import on_site_pb2 as pb
from protos.workorder.v1.on_site_pb2_grpc import OnSiteServiceServicer
from services.workorder.convert.on_site import on_site_rules as protos
from services.workorder.domain import access
from services.workorder.domain.on_site.rule import KEEPERS
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.on_site import on_site_rules


class OnSiteRuleRpcs(Rpcs, OnSiteServiceServicer):
    """Kept as they are put: a work order goes by those of when it was made."""

    async def PutOnSiteRule(
        self, request: pb.PutOnSiteRuleRequest, context: Context
    ) -> pb.OnSiteRule:
        actor = current_actor()
        actor.require_role(*KEEPERS)
        rule = protos.rule_from_proto(request.on_site_rule, self._clock.now(), actor.person_id)
        await on_site_rules.add_rule(current_session(), rule)
        return protos.rule_to_proto(rule)

    async def ListOnSiteRules(
        self, request: pb.ListOnSiteRulesRequest, context: Context
    ) -> pb.ListOnSiteRulesResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rules = await on_site_rules.rules_page(current_session(), before, size + 1)
        return pb.ListOnSiteRulesResponse(
            on_site_rules=[protos.rule_to_proto(rule) for rule in rules[:size]],
            page=page_info([rule.rule_id for rule in rules], size),
        )

    async def PutChecklist(self, request: pb.PutChecklistRequest, context: Context) -> pb.Checklist:
        actor = current_actor()
        actor.require_role(*KEEPERS)
        checklist = protos.checklist_from_proto(request.checklist, self._clock.now())
        kept = await on_site_rules.add_checklist(current_session(), checklist, actor.person_id)
        return protos.checklist_to_proto(kept)

    async def ListChecklists(
        self, request: pb.ListChecklistsRequest, context: Context
    ) -> pb.ListChecklistsResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        size, code = page_size(request.page), request.checklist_code
        session = current_session()
        (token,) = decode_page_token(request.page, 1) or ("",)
        if code:
            before = _version(token) if token else None
            found = await on_site_rules.versions_page(session, code, before, size + 1)
            keys = [str(each.version) for each in found]
        else:
            found = await on_site_rules.checklists_page(session, token, size + 1)
            keys = [each.checklist_code for each in found]
        return pb.ListChecklistsResponse(
            checklists=[protos.checklist_to_proto(each) for each in found[:size]],
            page=page_info(keys, size),
        )


def _version(token: str) -> int:
    """The version that a page starts before (``PAGE_TOKEN_INVALID``)."""
    if not token.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token)
