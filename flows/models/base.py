"""What writes: language models, and whatever answers in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from flows.errors import MalformedOutput
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


class Unfinished(MalformedOutput):
    """The answer broke off or was not of the asked shape, and was paid for.

    `generation` holds what of it can be used, with the bill.
    """

    def __init__(self, message: str, *, generation: Generation[Any], salvage: str = "") -> None:
        super().__init__(message, salvage=salvage)
        self.generation = generation


class LanguageModel(Protocol):
    """One request a call: no retry and no splitting inside, since the stages do that in one place.

    Answers are by word key; a word that the model left out is absent. Every method raises RateLimited,
    ModelUnavailable, MalformedOutput (Unfinished where it was paid for), RequestTooLarge, Refused or
    QuotaExhausted.
    """

    name: str
    """Goes into every provenance, for example "wordnet-3.1"."""
    invents: bool
    """Whether it writes of its own; a lexicon does not, and its entries may be shorter."""

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """Words worth learning, best first, at most `request.count`; fewer or none when it has no more.

        Raises UnknownTopic when it knows nothing near the topic.
        """
        ...

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """A definition for each word, written from its evidence where there is any."""
        ...

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """Related concepts, relations, examples, category and senses for each definition."""
        ...

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A longer explanation, applications and common misconceptions for each entry."""
        ...


@runtime_checkable
class Budgeted(Protocol):
    """A model that sets aside room for each answer, counted in tokens, and may have set aside too little."""

    def with_room(self, factor: float) -> LanguageModel:
        """The same model, whose answers are given so many times the room."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A model that a quota holds back."""

    @property
    def batches_at_once(self) -> int:
        """How many batches in work keep its quota used; more would wait for each other. At least 1."""
        ...

    @property
    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left of each limit at this moment."""
        ...
