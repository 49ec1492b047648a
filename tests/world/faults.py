"""Lies and failures on order: which requests go wrong, and how."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Route = Literal["chat", "models", "wikipedia", "wiktionary"]
Task = Literal["propose", "define", "enrich", "deepen"]

REFUSALS = (
    "unauthorized",  # 401
    "model_gone",  # 404
    "too_large",  # 413
    "minute_requests",  # 429 RPM
    "minute_tokens",  # 429 TPM
    "day_requests",  # 429 RPD
    "day_tokens",  # 429 TPD
    "flex_full",  # 498
    "server_error",  # 500
    "bad_gateway",  # 502
    "unavailable",  # 503 with retry-after
    "schema_refused",  # 400, for requests with a JSON schema alone
)
BROKEN_JSON = (
    "json_usable",  # 400 json_validate_failed whose failed_generation holds some whole items
    "json_unusable",  # ... holds prose
    "json_empty",  # ... is empty
    "json_length",  # ... says that the tokens ran out
    "tool_called",  # 400 tool_use_failed with a failed_generation, as gpt-oss is known to send now and then
)
LIES = (
    "invented_words",  # words that are none
    "repeated",  # items and words that come twice
    "wrong_ids",  # ids that nobody asked for
    "swapped_ids",  # each item under its neighbour's id
    "empty_strings",
    "missing",  # items left out
    "invented_fields",
    "broken_text",  # 200 with text that is no JSON
    "fenced_text",  # the answer in a code fence, with prose around it
    "thought_text",  # thoughts that hold a draft, then the answer
    "quoted_text",  # prose and JSON with single quotes
    "keyed_by_word",  # an object by word in place of the list
    "strange_text",  # lone surrogates, terminal codes, characters that turn the line
    "looping_text",  # opens bracket after bracket, finish_reason "length"
    "damaged_text",  # one to three random faults in the JSON
    "truncated_text",  # 200 cut short, finish_reason "length"
    "obeys_injection",  # does what a page tells it to
    "html_page",  # 200 with a page of some gateway's in place of the completion
    "no_choice",  # 200 whose completion holds an empty choice
)
WIRE = (
    "hang",  # never answers
    "reset",  # connection reset in mid-body
    "close",  # connection closed before any answer
    "drip",  # a byte now and then
)
WIKI = (
    "forbidden",  # 403, HTML
    "too_many",  # 429, HTML
    "maxlag",  # 200 with an error in it
    "readonly",  # likewise
    "html",  # 200 with a page that is no JSON
    "redirect_loop",  # asked titles redirect to each other
    "injection",  # a page holds orders for its readers
)
KINDS = (*REFUSALS, *BROKEN_JSON, *LIES, *WIRE, *WIKI)
Kind = Literal[
    "unauthorized",
    "model_gone",
    "too_large",
    "minute_requests",
    "minute_tokens",
    "day_requests",
    "day_tokens",
    "flex_full",
    "server_error",
    "bad_gateway",
    "unavailable",
    "schema_refused",
    "json_usable",
    "json_unusable",
    "json_empty",
    "json_length",
    "tool_called",
    "invented_words",
    "repeated",
    "wrong_ids",
    "swapped_ids",
    "empty_strings",
    "missing",
    "invented_fields",
    "broken_text",
    "fenced_text",
    "thought_text",
    "quoted_text",
    "keyed_by_word",
    "strange_text",
    "looping_text",
    "damaged_text",
    "truncated_text",
    "obeys_injection",
    "html_page",
    "no_choice",
    "hang",
    "reset",
    "close",
    "drip",
    "forbidden",
    "too_many",
    "maxlag",
    "readonly",
    "html",
    "redirect_loop",
    "injection",
]


class Fault(BaseModel):
    """One kind of failure and the requests that it befalls: those that fit all that is given here.

    `nth` counts, from 1, the requests that fit `route`, `task`, `model` and `word`; `times` bounds how often
    it strikes. A lie befalls `share` of the items of an answer. `seconds` is what the refusal says of
    waiting, or the time between two bytes of a drip.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    route: Route | None = None
    task: Task | None = None
    model: str | None = None
    word: str | None = Field(
        default=None, description="Only requests that ask for this word, and lies about this word alone"
    )
    nth: tuple[int, ...] = ()
    every: int | None = Field(default=None, ge=1, description="Each so-manieth fitting request")
    times: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    share: float = Field(default=1.0, gt=0, le=1)
    seconds: float | None = Field(default=None, ge=0)
    text: str | None = Field(
        default=None, description="What an injected page says, or a failed generation holds"
    )


@dataclass(frozen=True)
class Seen:
    """What a plan looks at in a request."""

    route: Route
    task: str | None = None
    model: str | None = None
    words: Sequence[str] = ()
    has_schema: bool = True

    def fits(self, fault: Fault) -> bool:
        if fault.route is None:
            is_there = (
                self.route in {"wikipedia", "wiktionary"}
                if fault.kind in _OF_A_WIKI
                else self.route == "chat" or fault.kind not in _OF_A_MODEL
            )
        else:
            is_there = fault.route == self.route
        return (
            is_there
            and fault.task in {None, self.task}
            and fault.model in {None, self.model}
            and (fault.word is None or fault.word.casefold() in {word.casefold() for word in self.words})
            and (fault.kind != "schema_refused" or self.has_schema)
        )


class Plan:
    """The faults in force, with how often each met a fitting request and how often it struck."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._random = random.Random(f"faults {seed}")
        self.replace(faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        self._met = [0] * len(self.faults)
        self._struck = [0] * len(self.faults)

    def add(self, fault: Fault) -> None:
        self.faults = (*self.faults, fault)
        self._met.append(0)
        self._struck.append(0)

    @property
    def struck(self) -> list[dict[str, object]]:
        return [
            fault.model_dump(mode="json", exclude_defaults=True) | {"met": met, "struck": struck}
            for fault, met, struck in zip(self.faults, self._met, self._struck, strict=True)
        ]

    def befalling(self, seen: Seen) -> tuple[Fault, ...]:
        """The faults that befall this request, in the plan's order; it is counted for all that it fits."""
        return tuple(fault for at, fault in enumerate(self.faults) if seen.fits(fault) and self._strikes(at))

    def _strikes(self, at: int) -> bool:
        fault = self.faults[at]
        self._met[at] += 1
        met = self._met[at]
        strikes = (
            (not fault.nth or met in fault.nth)
            and (fault.every is None or met % fault.every == 0)
            and (fault.times is None or self._struck[at] < fault.times)
            and (fault.probability >= 1 or self._random.random() < fault.probability)
        )
        self._struck[at] += strikes
        return strikes


_OF_A_WIKI = frozenset(WIKI)
_OF_A_MODEL = frozenset(
    {*REFUSALS, *BROKEN_JSON, *LIES} - {"server_error", "bad_gateway", "unavailable", "unauthorized"}
)
