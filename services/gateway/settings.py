"""The gateway's settings: the shared ones, and what only the edge needs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from kit.config import Settings


class GatewaySettings(Settings):
    """Where to listen, what to link to, and the edge's secrets."""

    gateway_port: int = 8080
    #: Holds the token of the one-machine stack's command line; absent elsewhere.
    bootstrap_token_file: Path | None = None

    #: Where uploaded files lie; shared by all replicas. Without it nothing can be uploaded.
    files_folder: Path | None = None

    temporal_ui_url: str = "http://127.0.0.1:8233"
    wecom_sandbox_url: str = "http://127.0.0.1:8090"

    wecom_corp_id: str = "ww0123456789abcdef"
    wecom_agent_id: int = 1000002
    #: Without both of them the callback endpoint answers 404.
    wecom_callback_token: str = ""
    wecom_callback_aes_key: str = ""

    session_lifetime: timedelta = Field(timedelta(hours=12))
    #: How often a live stream looks at the read model.
    stream_period_seconds: float = 1.0

    @property
    def development(self) -> bool:
        """Whether this is somebody's own machine: roles may be played, cookies travel over HTTP.

        It takes the environment's name *and* the stack's bootstrap token, so that a deployment that
        forgot to name its environment stays closed.
        """
        return self.environment == "development" and self.bootstrap_token_file is not None
