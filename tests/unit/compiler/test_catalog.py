"""The catalogue as the descriptors give it."""

from __future__ import annotations

from workflows.catalog import load_catalog
from workflows.language.types import MONEY, TIMESTAMP, EnumOf, ListOf, Record
from workflows.runtime.messages import SEND
from workflows.runtime.people import RESOLVE_ASSIGNEES

CATALOG = load_catalog()


def test_every_annotated_rpc_is_a_node_with_a_chinese_name() -> None:
    palette = CATALOG.palette()
    assert "pricing.v1.PricingService/Quote" in [spec.name for spec in palette]
    assert all(spec.label and spec.label_en and spec.category for spec in palette)


def test_every_mutating_node_takes_an_idempotency_key_that_flows_do_not_see() -> None:
    for spec in CATALOG.palette():
        assert spec.request.field("idempotency_key") is None


def test_every_compensation_is_an_rpc_that_the_catalogue_knows() -> None:
    undone = {spec.compensate_with for spec in CATALOG.palette() if spec.compensate_with}
    assert undone
    assert all(CATALOG.find(name) for name in undone)


def test_what_undoes_a_node_takes_only_what_the_node_was_given_or_gave() -> None:
    for spec in CATALOG.palette():
        undo = CATALOG.find(spec.compensate_with) if spec.compensate_with else None
        for field in undo.request.fields if undo else ():
            known = spec.response.field(field.name) or spec.request.field(field.name)
            assert field.optional or known, f"{spec.name} cannot be undone without {field.name}"


def test_messages_become_the_languages_types() -> None:
    quote = CATALOG.rpcs["pricing.v1.PricingService/Quote"]
    total, quoted_at = quote.response.field("total"), quote.response.field("quoted_at")
    assert total is not None
    assert (total.type, total.optional) == (MONEY, False)
    assert quoted_at is not None
    assert quoted_at.type == TIMESTAMP
    lines = quote.response.field("lines")
    assert lines is not None
    assert isinstance(lines.type, ListOf)
    assert isinstance(lines.type.item, Record)
    catalogue = lines.type.item.field("catalogue")
    assert catalogue is not None
    assert isinstance(catalogue.type, EnumOf)


def test_a_reply_has_its_scalars_and_a_request_needs_what_is_marked() -> None:
    create = CATALOG.rpcs["workorder.v1.WorkOrderService/CreateWorkOrder"]
    floor, appointment = create.response.field("floor"), create.response.field("appointment")
    assert floor is not None
    assert not floor.optional
    assert appointment is not None
    assert appointment.optional
    needed = {field.name for field in create.request.fields if not field.optional}
    assert needed == {"case_id", "title", "customer_id", "lines"}


def test_only_events_that_wake_a_case_can_be_waited_for() -> None:
    assert "workorder.v1.WorkOrderChanged" in CATALOG.events
    assert "notify.v1.DeliveryChanged" not in CATALOG.events


def test_the_calls_of_the_runtimes_own_are_quick_and_as_the_runtime_takes_them() -> None:
    find, send = CATALOG.rpcs[RESOLVE_ASSIGNEES], CATALOG.rpcs[SEND]
    assert (find.quick, find.mutating) == (True, False)
    assert (send.quick, send.mutating) == (True, True)
    assert {"role", "region_adcode", "outlet_id"} <= {field.name for field in find.request.fields}
    assert find.response.field("person_ids") is not None
    assert {field.name for field in send.request.fields} == {
        "template_code", "recipient_person_ids", "variables", "urgency", "case_id",
    }  # fmt: skip


def test_the_fingerprint_changes_with_what_an_rpc_takes() -> None:
    assert load_catalog().fingerprint == CATALOG.fingerprint
    fewer = type(CATALOG)(dict(list(CATALOG.rpcs.items())[1:]), CATALOG.events)
    assert fewer.fingerprint != CATALOG.fingerprint
