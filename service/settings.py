"""The server's `LEARN_…` settings: where it listens and whom it lets in. Read once and passed down."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.errors import ConfigurationError
from flows.own_machine import OWN_ADDRESS
from flows.settings import Names, problem_text

PORT = 8000
"""Where the server listens and clients look for it, unless LEARN_PORT says otherwise."""


class FacadeSettings(BaseSettings):
    """The server's settings. By default it serves only this machine and needs no token."""

    model_config = SettingsConfigDict(env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field(
        default=OWN_ADDRESS,
        description="Address to listen on; addresses other than this machine's own need LEARN_API_TOKEN",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=PORT, description="Port to listen on; 0 picks a free one"
    )
    api_token: SecretStr | None = Field(
        default=None, min_length=16, description="Token that clients must send; at least 16 characters"
    )
    allowed_hosts: Names = Field(default=(), description="Additional host names of the server")
    allowed_origins: Names = Field(
        default=(), description="Other origins that may write and watch, such as https://learn.example.org"
    )
    trusted_proxies: Names = Field(
        default=(),
        description="Addresses of trusted proxies, whose X-Forwarded-For and -Proto headers count",
    )
    session_lifetime: timedelta = Field(
        default=timedelta(days=7),
        description="How long a browser stays signed in, as an ISO 8601 duration such as P7D",
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=262_144, description="Largest request body in bytes; enough for 500 words of 60 characters"
    )
    request_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=30.0, description="Time limit in seconds for receiving a request body, and for the response"
    )
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=1500, description="Maximum number of open connections; more get 503"
    )
    max_client_connections: Annotated[int, Field(ge=1)] = Field(
        default=1200,
        description="Maximum number of requests and WebSockets per client; more get 429",
    )
    max_exports: Annotated[int, Field(ge=1)] = Field(
        default=2, description="Maximum number of concurrent exports"
    )
    starts_burst: Annotated[int, Field(ge=1)] = Field(
        default=20, description="Jobs that one client may start at once"
    )
    starts_per_minute: Annotated[float, Field(gt=0)] = Field(
        default=20.0, description="Further jobs that one client may start per minute"
    )
    total_starts_burst: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Jobs that all clients together may start at once"
    )
    total_starts_per_minute: Annotated[float, Field(gt=0)] = Field(
        default=60.0, description="Further jobs that all clients together may start per minute"
    )

    @field_validator("allowed_hosts", "allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(filter(None, (part.strip().rstrip("/").lower() for part in value.split(","))))
            if isinstance(value, str)
            else value
        )

    @property
    def token(self) -> str | None:
        """The token itself; never show it."""
        return self.api_token.get_secret_value() if self.api_token is not None else None

    def check_binding(self) -> None:
        """Raise ConfigurationError if the network could reach the server without a token."""
        if self.api_token is None and not is_loopback(self.host):
            raise ConfigurationError(
                f"LEARN_HOST: other machines can reach {self.host}, but LEARN_API_TOKEN is not set. Set"
                " a token, or listen on 127.0.0.1."
            )


class ClientSettings(BaseSettings):
    """Which server commands and programs use."""

    model_config = SettingsConfigDict(env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True)

    url: str | None = Field(default=None, description="URL of the server; by default on this machine")
    port: str = Field(default=str(PORT), description="Port of the server on this machine")
    api_token: SecretStr | None = Field(default=None, description="Token to send")

    @property
    def server_url(self) -> str:
        """The URL that is named, or that of this machine."""
        return self.url or f"http://{OWN_ADDRESS}:{self.port}"

    @property
    def token(self) -> str | None:
        """The token itself; never show it."""
        return self.api_token.get_secret_value() if self.api_token is not None else None


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_facade_settings() -> FacadeSettings:
    """Read the settings from the environment.

    Raises ConfigurationError that names each invalid variable, without showing secrets.
    """
    try:
        settings = FacadeSettings()
    except ValidationError as error:
        lines = [
            f"LEARN_{'_'.join(str(p) for p in e['loc']).upper()}: {problem_text(e)}"
            for e in error.errors(include_input=False)
        ]
        raise ConfigurationError("; ".join(re.sub(r"\s+", " ", line) for line in lines)) from None
    settings.check_binding()
    return settings
