"""Customers, all that is known of them, their timelines, and what becomes of their personal data."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from protos.directory.v1 import (  # noqa: F401 - their descriptors are what is exposed
    customer_import_pb2,
    customer_pb2,
    directory_pb2,
    interaction_pb2,
    privacy_pb2,
    virtual_number_pb2,
)
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, described, with_file
from services.gateway.rpc_routes import expose, idempotency_key

_DIRECTORY: Final = "directory.v1.DirectoryService"
_CUSTOMERS: Final = "directory.v1.CustomerService"
_TIMELINE: Final = "directory.v1.InteractionService"
_PRIVACY: Final = "directory.v1.PrivacyService"
_NUMBERS: Final = "directory.v1.VirtualNumberService"
_PREVIEW: Final = "directory.v1.CustomerImportService/PreviewCustomerImport"
_IMPORT: Final = "directory.v1.CustomerImportService/ImportCustomers"
_TAG: Final = "customers 客户"

_ADDRESS: Final = {
    "adcode": "110105",
    "detail": "朝阳北路 101 号 6 幢 1203",
    "location": {"longitude": 116.48, "latitude": 39.93},
    "floor": 12,
}
_CONTACT: Final = {
    "name": "王芳",
    "phone": "13800138001",
    "contact_role": "店长",
    "preferred": True,
}
_INTERACTION: Final = {
    "kind": "INTERACTION_KIND_PURCHASE",
    "occurred_at": "2026-05-20T10:00:00+08:00",
    "source": "tmall",
    "source_id": "2026052088321",
    "title": "购买空调",
    "subject": "KFR-35GW",
    "amount": {"currency": "CNY", "amount_minor": 329_900},
}
_REASON: Final = {"reason": "同一位客户登记了两次"}

customers = APIRouter(prefix="/customers", tags=[_TAG])
expose(
    customers,
    "GET",
    "",
    f"{_CUSTOMERS}/SearchCustomers",
    "Customers, masked: by type, level, tags, region, parent company or whom messages may reach",
)
expose(
    customers,
    "POST",
    "",
    f"{_DIRECTORY}/CreateCustomer",
    "Register a customer; personal data goes in clear and comes out masked",
    example={
        "customer_type": "CUSTOMER_TYPE_PERSON",
        "name": "李雷",
        "phone": "13800138000",
        "addresses": [_ADDRESS],
    },
)
expose(customers, "GET", "/{customer_id}", f"{_DIRECTORY}/GetCustomer", "One customer, masked")
expose(
    customers,
    "PATCH",
    "/{customer_id}",
    f"{_CUSTOMERS}/UpdateCustomer",
    "Change a customer's type or level, or correct the name or number; what is left out stays",
    example={"customer_level": "key_account", "revision": 3},
)
expose(
    customers,
    "GET",
    "/{customer_id}/profile",
    f"{_CUSTOMERS}/GetCustomerProfile",
    "All that is known of a customer: contacts, tags, consents, addresses, who is the same",
)
expose(
    customers,
    "PUT",
    "/{customer_id}/parent",
    f"{_CUSTOMERS}/PutParentCompany",
    "To which company a customer belongs; empty: to none",
    example={"parent_customer_id": "cu_…"},
)
expose(
    customers,
    "POST",
    "/{customer_id}/addresses",
    f"{_DIRECTORY}/AddAddress",
    "One more address",
    body="address",
    example=_ADDRESS,
)
expose(
    customers,
    "POST",
    "/{customer_id}/contacts",
    f"{_CUSTOMERS}/PutContact",
    "A contact 联系人 of a customer",
    example=_CONTACT,
)
expose(
    customers,
    "PUT",
    "/{customer_id}/contacts/{contact_id}",
    f"{_CUSTOMERS}/PutContact",
    "Change a contact; an empty name or number stays",
    example={"contact_role": "财务", "preferred": False},
)
expose(
    customers,
    "DELETE",
    "/{customer_id}/contacts/{contact_id}",
    f"{_CUSTOMERS}/UnlinkContact",
    "A contact speaks for this customer no more",
)
expose(
    customers,
    "PUT",
    "/{customer_id}/message-consents",
    f"{_CUSTOMERS}/PutMessageConsent",
    "What a customer said about messages of one channel",
    example={"message_channel": "MESSAGE_CHANNEL_SMS", "allowed": False, "remark": "来电退订"},
)
expose(
    customers,
    "GET",
    "/{customer_id}/interactions",
    f"{_TIMELINE}/ListInteractions",
    "The timeline 客户时间线: the last three years, or ?since=; by ?kinds= and ?text_contains=",
)
expose(
    customers,
    "POST",
    "/{customer_id}/interactions",
    f"{_TIMELINE}/RecordInteraction",
    "Record a call, a note, a purchase, a review …, once by its source and source_id",
    example=_INTERACTION,
)
expose(
    customers,
    "GET",
    "/{customer_id}/reveals",
    f"{_PRIVACY}/ListReveals",
    "Who saw personal data of a customer in clear, when and why",
)
expose(
    customers,
    "GET",
    "/{customer_id}/virtual-numbers",
    f"{_NUMBERS}/ListVirtualNumbers",
    "Which virtual numbers lead to a customer, and who asked for them",
)

addresses = APIRouter(prefix="/addresses", tags=[_TAG])
expose(
    addresses,
    "POST",
    "/{address_id}/replace",
    f"{_CUSTOMERS}/ReplaceAddress",
    "Another address in place of this one; work orders keep the one they name",
    body="address",
    example=_ADDRESS,
)
expose(addresses, "DELETE", "/{address_id}", f"{_CUSTOMERS}/EndAddress", "An address has ended")

contacts = APIRouter(prefix="/contacts", tags=[_TAG])
expose(
    contacts,
    "POST",
    "/{contact_id}/links",
    f"{_CUSTOMERS}/LinkContact",
    "A contact speaks for one more customer",
    example={"customer_id": "cu_…", "contact_role": "区域经理", "preferred": False},
)

lookups = APIRouter(prefix="/customer-lookups", tags=[_TAG])
expose(
    lookups,
    "POST",
    "",
    f"{_CUSTOMERS}/FindCustomersByPhone",
    "Whose a phone number is, for a stated purpose; written down",
    example={"phone": "138 0013 8000", "purpose": "来电"},
)

tags = APIRouter(prefix="/customer-tags", tags=[_TAG])
expose(
    tags,
    "GET",
    "",
    f"{_CUSTOMERS}/ListCustomerTags",
    "All tags, with how many customers bear each",
)
expose(
    tags,
    "POST",
    "",
    f"{_CUSTOMERS}/TagCustomers",
    "Put tags on customers and take tags off them",
    example={"customer_ids": ["cu_…"], "add_tags": ["偏好静音"], "remove_tags": ["新客"]},
)

duplicates = APIRouter(prefix="/customer-duplicates", tags=[_TAG])
expose(
    duplicates,
    "GET",
    "",
    f"{_CUSTOMERS}/ListDuplicates",
    "Customers two by two who may be the same, with the reasons",
)
expose(
    duplicates,
    "POST",
    "/dismiss",
    f"{_CUSTOMERS}/DismissDuplicate",
    "These two are not the same",
    example={"first_customer_id": "cu_…", "second_customer_id": "cu_…", "reason": "父子同号"},
)

merges = APIRouter(prefix="/customer-merges", tags=[_TAG])
expose(merges, "GET", "", f"{_CUSTOMERS}/ListCustomerMerges", "Merges, the last one first")
expose(
    merges,
    "POST",
    "",
    f"{_CUSTOMERS}/MergeCustomers",
    "Make two customers one; what names the merged one is answered with the survivor",
    example={"survivor_customer_id": "cu_…", "merged_customer_id": "cu_…", **_REASON},
)
expose(
    merges,
    "POST",
    "/{merge_id}/undo",
    f"{_CUSTOMERS}/SplitCustomers",
    "Make them two again, within 30 days",
    example={"reason": "不是同一位"},
)

shreddings = APIRouter(prefix="/shreddings", tags=[_TAG])
expose(
    shreddings,
    "GET",
    "",
    f"{_PRIVACY}/ListShreddings",
    "Who asked to destroy whose personal data, and what became of it",
)
expose(
    shreddings,
    "POST",
    "",
    f"{_PRIVACY}/RequestShredding",
    "Ask that a customer's personal data be destroyed; another person does it",
    example={"customer_id": "cu_…", "reason": "客户要求删除"},
)
expose(
    shreddings,
    "POST",
    "/{shredding_id}/shred",
    f"{_PRIVACY}/ShredCustomer",
    "Destroy it: nobody can read it again",
    example={"despite_open_work": False},
)
expose(
    shreddings,
    "POST",
    "/{shredding_id}/refuse",
    f"{_PRIVACY}/RefuseShredding",
    "Keep it, for a reason",
    example={"reason": "质保期内"},
)

inactive = APIRouter(prefix="/inactive-customers", tags=[_TAG])
expose(
    inactive,
    "GET",
    "",
    f"{_PRIVACY}/ListInactiveCustomers",
    "Customers with whom nothing has happened for ?years=",
)

personal_data = APIRouter(prefix="/personal-data", tags=[_TAG])
expose(
    personal_data,
    "POST",
    "/{reference}/reveal",
    f"{_DIRECTORY}/RevealPersonalData",
    "The clear text behind a reference, for a stated purpose; written down",
    example={"purpose": "call the customer about the visit"},
)

numbers = APIRouter(prefix="/virtual-numbers", tags=[_TAG])
expose(
    numbers,
    "POST",
    "",
    f"{_NUMBERS}/BindVirtualNumber",
    "A number 虚拟号码 that rings at a customer's for a while, without showing theirs",
    example={"customer_id": "cu_…", "work_order_id": "wo_…", "minutes": 120},
)
expose(
    numbers,
    "DELETE",
    "/{binding_id}",
    f"{_NUMBERS}/ReleaseVirtualNumber",
    "A virtual number leads nowhere from now on",
)

imports = APIRouter(prefix="/customer-imports", tags=[_TAG])


@imports.post(
    "/preview",
    summary="What a file of customers (XLSX or CSV, as the body) would do, row by row",
    openapi_extra=described(_PREVIEW),
)
async def preview(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` and `known_sha256` on to do what was previewed."""
    reply = await ask(edge, _PREVIEW, await with_file(_PREVIEW, request))
    return JSONResponse(transcoding.to_json(reply))


@imports.post(
    "",
    summary="Import a file of customers as it was previewed: all of it or nothing",
    openapi_extra=described(_IMPORT, keyed=True),
)
async def import_customers(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """Customers whom the directory knows by id or phone are passed over."""
    message = await with_file(_IMPORT, request)
    setattr(message, transcoding.KEY_FIELD, idempotency_key(request, caller))
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


ROUTERS: Final = (
    customers, addresses, contacts, lookups, tags, duplicates, merges, shreddings, inactive,
    personal_data, numbers, imports,
)  # fmt: skip
