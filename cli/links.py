"""Where the product's other windows are: the Temporal UI, the WeCom sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from cli.api import Api


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the windows beside the product's own."""

    product: str
    temporal_ui: str
    namespace: str
    wecom_sandbox: str

    @classmethod
    def ask(cls, api: Api) -> Links:
        """What the gateway says of itself."""
        told = api.plain("GET", "/product")
        return cls(
            api.url, told["temporal_ui_url"], told["temporal_namespace"], told["wecom_sandbox_url"]
        )

    def workflow(self, workflow_id: str) -> str:
        """A case or field work in the Temporal UI."""
        workflow = quote(workflow_id, safe="")
        return f"{self.temporal_ui}/namespaces/{self.namespace}/workflows/{workflow}"

    def case(self, case_id: str) -> str:
        """A case in the product."""
        return f"{self.product}/cases/{case_id}"
