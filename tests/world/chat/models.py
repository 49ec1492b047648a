"""Groq's models as of November 2026 (shared/facts/providers.md, 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Model:
    """One model.

    Its pace is in seconds to the first token and tokens a second from then on, hidden ones included.
    """

    id: str
    owner: str = "OpenAI"
    tokens_per_s: float = 500.0
    first_token_s: float = 0.25
    context: int = 131_072
    most_tokens_out: int = 65_536
    efforts: tuple[str, ...] = ("low", "medium", "high")
    has_schemas: bool = True
    is_strict: bool = True
    reasons: bool = True
    created: int = 1_754_408_224

    def listing(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": self.owner,
            "active": True,
            "context_window": self.context,
            "public_apps": None,
            "max_completion_tokens": self.most_tokens_out,
        }


MODELS = {
    model.id: model
    for model in (
        Model("openai/gpt-oss-120b"),
        Model("openai/gpt-oss-20b", tokens_per_s=1000.0, created=1_754_407_957),
        Model(
            "qwen/qwen3.8-27b",
            "Alibaba Cloud",
            400.0,
            most_tokens_out=16_384,
            efforts=("none", "default", "low", "medium", "high"),
            is_strict=False,
        ),
        Model(
            "groq/compound",
            "Groq",
            450.0,
            most_tokens_out=8_192,
            has_schemas=False,
            is_strict=False,
            reasons=False,
        ),
    )
}
