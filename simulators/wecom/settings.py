"""The simulator's settings, all from the environment."""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings

from simulators.wecom.state import CallbackTarget


class Settings(BaseSettings):
    """Where to listen, where to keep chats, and the one app's secrets."""

    environment: str = Field(
        default="", validation_alias=AliasChoices("ENV", "GONGDAN_ENVIRONMENT")
    )
    bind_host: str = Field(default="127.0.0.1", validation_alias="GONGDAN_BIND_HOST")
    port: int = Field(default=8090, validation_alias="GONGDAN_WECOM_SIMULATOR_PORT")
    file: Path | None = Field(default=None, validation_alias="GONGDAN_WECOM_SIMULATOR_FILE")
    secret: str = Field(default="sim-secret", validation_alias="GONGDAN_WECOM_SECRET")
    callback_url: str = Field(default="", validation_alias="GONGDAN_WECOM_CALLBACK_URL")
    callback_token: str = Field(default="", validation_alias="GONGDAN_WECOM_CALLBACK_TOKEN")
    callback_aes_key: str = Field(default="", validation_alias="GONGDAN_WECOM_CALLBACK_AES_KEY")

    def callback(self) -> CallbackTarget | None:
        """The app's callback as configured; absent without a URL."""
        if not self.callback_url:
            return None
        return CallbackTarget(self.callback_url, self.callback_token, self.callback_aes_key)
