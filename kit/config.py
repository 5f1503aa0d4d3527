"""One frozen ``Settings`` a process, read from the environment; every default runs on one machine."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every process may need. ``GONGDAN_`` prefixes the names, but for the two that people
    know from elsewhere: ``DATABASE_URL`` and ``TEMPORAL_ADDRESS``.

    A service with settings of its own extends this class in its ``main``.
    """

    model_config = SettingsConfigDict(env_prefix="GONGDAN_", frozen=True, extra="ignore")

    environment: str = "development"
    bind_host: str = "127.0.0.1"
    log_level: str = "INFO"

    database_url: str = Field(
        "postgresql://gongdan@127.0.0.1:54321/gongdan", validation_alias="DATABASE_URL"
    )
    database_pool_size: int = 10

    temporal_address: str = Field("127.0.0.1:7233", validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: str = "default"

    directory_address: str = "127.0.0.1:50051"
    pricing_address: str = "127.0.0.1:50052"
    workorder_address: str = "127.0.0.1:50053"
    settlement_address: str = "127.0.0.1:50054"
    notify_address: str = "127.0.0.1:50055"
    cases_address: str = "127.0.0.1:50056"

    #: Private Ed25519 key (PEM) of a process that mints actor tokens, and the name it signs with.
    signing_key_file: Path | None = None
    signing_issuer: str = "gateway"
    #: JSON ``{issuer: public key PEM}`` of the issuers this process trusts.
    issuers_file: Path | None = None

    #: The keys under which payloads are kept in Temporal, as docs/payloads.md describes the file.
    #: Whoever speaks to Temporal needs it; there is no way to do without.
    payload_keys_file: Path | None = None

    #: Spans go to OTLP when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set, and nowhere otherwise.
    otel_endpoint: str = Field("", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")

    def service_addresses(self) -> dict[str, str]:
        """Where each proto area is served: ``{"pricing": "127.0.0.1:50052", …}``."""
        return {
            "directory": self.directory_address,
            "pricing": self.pricing_address,
            "workorder": self.workorder_address,
            "settlement": self.settlement_address,
            "notify": self.notify_address,
            "cases": self.cases_address,
            "flow": self.cases_address,
        }

    def port_of(self, area: str) -> int:
        """The port this process serves when it serves the area."""
        return int(self.service_addresses()[area].rsplit(":", 1)[1])
