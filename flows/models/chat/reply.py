"""The result of one request."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from flows.core.quota import Seen
from flows.errors import MalformedOutput
from flows.knowledge import Usage
from flows.models.limiter import CHARACTERS_A_TOKEN


@dataclass(frozen=True)
class Reply:
    """An answer's text, its bill in tokens and what it reports about the limits.

    `problem` says why it is incomplete.
    """

    text: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    seen: Seen = field(default_factory=Seen)
    request_id: str | None = None
    problem: str | None = None

    @property
    def usage(self) -> Usage:
        """The bill."""
        return Usage(
            requests=1,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            tokens_cached=self.tokens_cached,
        )


def broken(error: MalformedOutput, *, tokens_in: int, room: int) -> Reply:
    """An answer that the provider itself found malformed, billed without stating the bill."""
    ran_out = "max completion tokens" in f"{error} {error.salvage}"
    written = room if ran_out else min(room, math.ceil(len(error.salvage) / CHARACTERS_A_TOKEN))
    return Reply(text=error.salvage, tokens_in=tokens_in, tokens_out=written, problem=str(error))
