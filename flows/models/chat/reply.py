"""The result of one request."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flows.core.quota import Seen
from flows.errors import MalformedOutput, ModelUnavailable
from flows.knowledge import Usage
from flows.models.limiter import CHARACTERS_A_TOKEN
from flows.settings import Price

if TYPE_CHECKING:
    from groq.types.chat import ChatCompletion
    from groq.types.chat.chat_completion import Choice

MOST_TOKENS = 10_000_000
"""The largest bill of one answer that is believed."""
_CUT = frozenset({"length", "max_tokens", "model_length"})
_RAN_OUT = re.compile("max completion tokens|because max_tokens")
_FAILED = frozenset({"error", "failed"})


@dataclass(frozen=True)
class Reply:
    """An answer's text, its bill in tokens and what it reports about the limits.

    `problem` says why it is incomplete, and `is_refused` that the model or a filter declined.
    """

    text: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    seen: Seen = field(default_factory=Seen)
    request_id: str | None = None
    problem: str | None = None
    is_refused: bool = False

    @property
    def usage(self) -> Usage:
        """The bill."""
        return Usage(
            requests=1,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            tokens_cached=self.tokens_cached,
        )

    def bill(self, price: Price) -> Usage:
        """The bill with its price in dollars."""
        dollars = (
            (self.tokens_in - self.tokens_cached) * price.tokens_in
            + self.tokens_cached * price.tokens_cached
            + self.tokens_out * price.tokens_out
        ) / 1e6
        return self.usage.model_copy(update={"cost_usd": dollars})


def broken(error: MalformedOutput, *, tokens_in: int, room: int) -> Reply:
    """An answer that the provider itself found malformed, billed without stating the bill."""
    ran_out = _RAN_OUT.search(f"{error} {error.salvage}") is not None
    written = room if ran_out else min(room, math.ceil(len(error.salvage) / CHARACTERS_A_TOKEN))
    return Reply(text=error.salvage, tokens_in=tokens_in, tokens_out=written, problem=str(error))


def reply_of(completion: ChatCompletion, seen: Seen, *, characters: int, server: str) -> Reply:
    """The reply that a completion is; where the bill is missing, what the prompt's characters and the text
    are worth.

    Raises ModelUnavailable if it holds no choice, or says itself that it failed.
    """
    if not completion.choices:
        raise ModelUnavailable(f"{server} did not answer with a completion")
    choice = completion.choices[0]
    if str(choice.finish_reason) in _FAILED:
        raise ModelUnavailable(f"{server} reported that it could not answer")
    text, declined = _text(choice), getattr(choice.message, "refusal", None)
    is_refused = bool(declined and not text) or str(choice.finish_reason) == "content_filter"
    problem = "answer cut off at its token limit" if str(choice.finish_reason) in _CUT else None
    if is_refused:
        problem = f"the model declined: {declined}"[:300] if declined else "a filter withheld the answer"
    usage = completion.usage
    tokens_in = _count(getattr(usage, "prompt_tokens", None), math.ceil(characters / CHARACTERS_A_TOKEN))
    details = getattr(usage, "prompt_tokens_details", None)
    return Reply(
        text=text,
        tokens_in=tokens_in,
        tokens_out=_count(
            getattr(usage, "completion_tokens", None), math.ceil(len(text) / CHARACTERS_A_TOKEN)
        ),
        tokens_cached=min(tokens_in, _count(getattr(details, "cached_tokens", None), 0)),
        seen=seen,
        request_id=getattr(completion.x_groq, "id", None) or completion.id or None,
        problem=problem,
        is_refused=is_refused,
    )


def _text(choice: Choice) -> str:
    """The text of an answer, even in parts or as the arguments of a tool call; its thoughts if there is
    nothing else.
    """
    message: Any = choice.message
    content = message.content
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if isinstance(part, dict) and _has_text(part))
    if content and not isinstance(content, str):
        content = json.dumps(content)
    if content:
        return str(content)
    calls = getattr(message, "tool_calls", None) or ()
    functions = [
        *(getattr(call, "function", None) for call in calls),
        getattr(message, "function_call", None),
    ]
    called = [given for f in functions if isinstance(given := getattr(f, "arguments", None), str)]
    if called:
        return called[0]
    thoughts = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    return f"<think>{thoughts}" if isinstance(thoughts, str) else ""


def _has_text(part: dict[str, Any]) -> bool:
    return isinstance(part.get("text"), str)


def _count(value: Any, otherwise: int) -> int:  # noqa: ANN401  any JSON
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return found if 0 <= found <= MOST_TOKENS else otherwise
