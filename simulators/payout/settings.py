"""The simulator's settings, all from the environment."""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Where to listen, where to keep transfers, and the keys of merchant and platform."""

    environment: str = Field(
        default="", validation_alias=AliasChoices("ENV", "GONGDAN_ENVIRONMENT")
    )
    bind_host: str = Field(default="127.0.0.1", validation_alias="GONGDAN_BIND_HOST")
    port: int = Field(default=8091, validation_alias="GONGDAN_PAYOUT_SIMULATOR_PORT")
    file: Path | None = Field(default=None, validation_alias="GONGDAN_PAYOUT_SIMULATOR_FILE")
    mchid: str = Field(default="1900000109", validation_alias="GONGDAN_PAYOUT_MERCHANT_ID")
    appid: str = Field(default="wx0123456789abcdef", validation_alias="GONGDAN_PAYOUT_APP_ID")
    #: The number of the merchant's certificate, which requests name.
    merchant_serial: str = Field(
        default="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        validation_alias="GONGDAN_PAYOUT_MERCHANT_SERIAL",
    )
    #: The id of the platform's public key, which replies and notifications name.
    platform_serial: str = Field(
        default="PUB_KEY_ID_0119000001092025010100000000000001",
        validation_alias="GONGDAN_PAYOUT_PLATFORM_SERIAL",
    )
    merchant_public_key_file: Path = Field(
        validation_alias="GONGDAN_PAYOUT_MERCHANT_PUBLIC_KEY_FILE"
    )
    platform_key_file: Path = Field(validation_alias="GONGDAN_PAYOUT_PLATFORM_KEY_FILE")
    #: Holds the APIv3 key: 32 characters, under which notifications are sealed.
    api_key_file: Path = Field(validation_alias="GONGDAN_PAYOUT_API_KEY_FILE")
