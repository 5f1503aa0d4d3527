"""Messages to people: templates, and what became of each delivery."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.notify.v1 import notify_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "notify.v1.NotifyService"

templates = APIRouter(prefix="/templates", tags=["notify 通知"])
expose(templates, "GET", "", f"{_SERVICE}/ListTemplates", "Message templates")
expose(
    templates,
    "PUT",
    "/{template_code}",
    f"{_SERVICE}/PutTemplate",
    "Create or change a template; each change is a new version",
    body="template",
    example={
        "form": "MESSAGE_FORM_TEXT",
        "title": "时限预警",
        "body": "{{case_title}} 已超时，请尽快处理",
        "variables": [{"name": "case_title", "required": True}],
    },
)

deliveries = APIRouter(prefix="/deliveries", tags=["notify 通知"])
expose(deliveries, "GET", "", f"{_SERVICE}/ListDeliveries", "Messages and how far they got")
expose(deliveries, "GET", "/{delivery_id}", f"{_SERVICE}/GetDelivery", "One delivery")

ROUTERS: Final = (templates, deliveries)
