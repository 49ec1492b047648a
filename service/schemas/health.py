"""Health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The server's health. It is ready even without Prefect: knowledge and finished jobs can be read."""

    status: Literal["ok"] = "ok"
    store: Literal["ok"] | None = None
    prefect: Literal["ok", "unreachable"] | None = None
    needs_token: bool | None = Field(default=None, description="Whether clients need a token")
