"""How the facade listens and whom it lets in: `LEARN_…` variables, read once and passed down."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flows.errors import ConfigurationError

Names = Annotated[tuple[str, ...], NoDecode]
"""Words between commas."""

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class FacadeSettings(BaseSettings):
    """The facade's settings. By default it serves this machine alone and asks for no token."""

    model_config = SettingsConfigDict(env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; another than this machine's own needs LEARN_API_TOKEN",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port to listen on; 0 takes a free one"
    )
    api_token: SecretStr | None = Field(
        default=None, min_length=16, description="What clients must know, at least 16 characters"
    )
    allowed_hosts: Names = Field(
        default=(), description="Names under which the facade is reached, besides this machine's own"
    )
    allowed_origins: Names = Field(
        default=(), description="Other web pages that may write and watch, such as https://learn.example.org"
    )
    trusted_proxies: Names = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For and -Proto are believed"
    )
    session_lifetime: timedelta = Field(
        default=timedelta(days=7), description="How long a browser stays signed in, ISO 8601 such as P7D"
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=262_144, description="Largest request body; 500 words of 60 characters fit in"
    )
    request_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=30.0, description="Longest wait for a request's body, and for an answer"
    )
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=1500, description="Open connections; those past it get 503"
    )
    max_client_connections: Annotated[int, Field(ge=1)] = Field(
        default=1200,
        description="Requests and WebSockets that one client may have open; those past it get 429",
    )
    max_exports: Annotated[int, Field(ge=1)] = Field(default=2, description="Exports at once")
    starts_burst: Annotated[int, Field(ge=1)] = Field(
        default=20, description="Jobs that one client may start at once"
    )
    starts_per_minute: Annotated[float, Field(gt=0)] = Field(
        default=20.0, description="Jobs a minute that one client may start after that"
    )
    total_starts_burst: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Jobs that all clients together may start at once"
    )
    total_starts_per_minute: Annotated[float, Field(gt=0)] = Field(
        default=60.0, description="Jobs a minute that all may start after that"
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
        """The token itself; never to be shown."""
        return self.api_token.get_secret_value() if self.api_token is not None else None

    def check_binding(self) -> None:
        """Raise ConfigurationError where anyone on the network could reach the facade without a token."""
        if self.api_token is None and not is_loopback(self.host):
            raise ConfigurationError(
                f"LEARN_HOST: {self.host} can be reached from other machines, and LEARN_API_TOKEN is not set."
                " Set a token, or listen on 127.0.0.1."
            )


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_facade_settings() -> FacadeSettings:
    """Settings from the environment.

    Raises ConfigurationError that names each variable that cannot be used, and shows no secret.
    """
    try:
        settings = FacadeSettings()
    except ValidationError as error:
        lines = [
            f"LEARN_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        raise ConfigurationError("; ".join(re.sub(r"\s+", " ", line) for line in lines)) from None
    settings.check_binding()
    return settings
