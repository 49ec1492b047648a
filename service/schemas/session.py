"""Signing in."""

from __future__ import annotations

from pydantic import Field, SecretStr

from service.schemas.values import Request


class SignIn(Request):
    """A request to sign in."""

    token: SecretStr = Field(min_length=1, max_length=1000)
