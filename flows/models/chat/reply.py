"""What came of one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from flows.core.quota import Seen


@dataclass(frozen=True)
class Reply:
    """An answer's text, its bill in tokens and what it told of the limits.

    `problem` says why it is not whole.
    """

    text: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    seen: Seen = field(default_factory=Seen)
    request_id: str | None = None
    problem: str | None = None
