"""How the server is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """How the facade is. Without Prefect it is still ready: knowledge and finished jobs can be read."""

    status: Literal["ok"] = "ok"
    store: Literal["ok"] | None = None
    prefect: Literal["ok", "unreachable"] | None = None
    needs_token: bool | None = Field(default=None, description="Whether clients must know a token")
