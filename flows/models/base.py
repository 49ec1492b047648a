"""What writes: language models, and substitutes for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from flows.errors import MalformedOutput, Refused
from flows.knowledge import (
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Enrichment,
    Generation,
    ProposalRequest,
    QuotaLeft,
    WordEvidence,
)

MOST_WORDS = 1_000
"""Most words, or items about words, read of one answer."""
WORD_CHARACTERS = 200
"""Most characters kept of a word in an answer, far more than a word may have."""


class Unfinished(MalformedOutput):
    """The answer was cut off or did not match the requested shape, but was billed.

    `generation` holds the usable part, with the bill.
    """

    def __init__(self, message: str, *, generation: Generation[Any], salvage: str = "") -> None:
        super().__init__(message, salvage=salvage)
        self.generation = generation


class Declined(Unfinished, Refused):
    """The model, or a filter on its way, declined to answer, but billed it."""


class LanguageModel(Protocol):
    """One request per call: no retries and no splitting, since the stages do both in one place.

    Answers are keyed by word key; a word that the model omitted is absent. Every method raises RateLimited,
    ModelUnavailable, MalformedOutput (Unfinished if it was billed), RequestTooLarge, Refused or
    QuotaExhausted.
    """

    name: str
    """Part of every provenance, for example "wordnet-3.1"."""
    invents: bool
    """Whether it writes new text; a lexicon does not, and its entries may be shorter."""

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """Words worth learning, best first, at most `request.count`; fewer or none once it runs out.

        Raises UnknownTopic if it knows no word near the topic.
        """
        ...

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """A definition for each word, written from its evidence if there is any."""
        ...

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """Related concepts, relations, examples, category and senses for each definition."""
        ...

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A longer explanation, applications and common misconceptions for each entry."""
        ...


@runtime_checkable
class Budgeted(Protocol):
    """A model that reserves room (in tokens) for each answer, and may have reserved too little."""

    def with_room(self, factor: float) -> LanguageModel:
        """The same model with this many times the room for its answers."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A model that is limited by a quota."""

    @property
    def batches_at_once(self) -> int:
        """How many concurrent batches use the quota fully; more would only wait for each other. At
        least 1.
        """
        ...

    @property
    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left of each limit right now."""
        ...


@runtime_checkable
class ClosedList(Protocol):
    """A model that knows only the words of a list: what it cannot answer now, it never will."""

    def lists(self, key: str) -> bool:
        """Whether the list has the word."""
        ...
