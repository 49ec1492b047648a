"""A language model that answers from a script: the shipped double for tests and for trying a pipeline without
any model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from flows.core.words import word_key
from flows.knowledge import (
    Category,
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Enrichment,
    Generation,
    ProposalRequest,
    Usage,
    WordEvidence,
)

T = TypeVar("T")
Fault = Callable[[str, int], Exception | None]


def _no_fault(_method: str, _call: int) -> Exception | None:
    return None


class ScriptedModel:
    """Proposes the given words in order and writes the same plain sentences about each.

    `fault(method, n)` is asked before the n-th call (from 1) of each method and may return an exception to
    raise; `answers` may replace or (with None) omit the draft of single words in `define` and `enrich`; every
    call takes `latency_s` seconds.
    """

    name = "scripted"
    invents = True

    def __init__(
        self,
        words: Iterable[str] = (),
        *,
        fault: Fault = _no_fault,
        definitions: Mapping[str, DefinitionDraft | None] | None = None,
        enrichments: Mapping[str, Enrichment | None] | None = None,
        latency_s: float = 0.0,
    ) -> None:
        self._words = iter(words)
        self._fault = fault
        self._definitions = definitions or {}
        self._enrichments = enrichments or {}
        self._latency_s = latency_s
        self.calls: dict[str, int] = {}
        """How often each method was called."""
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        """Method and word keys of every call but `propose`, in order."""

    async def _answer(self, method: str, value: T, keys: Sequence[str] = ()) -> Generation[T]:
        call = self.calls[method] = self.calls.get(method, 0) + 1
        if keys:
            self.asked.append((method, tuple(keys)))
        await asyncio.sleep(self._latency_s)
        if (error := self._fault(method, call)) is not None:
            raise error
        usage = Usage(requests=1, tokens_in=10 * len(keys), tokens_out=20 * len(keys))
        return Generation(value=value, usage=usage, model=self.name, prompt_version="scripted-1")

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """The next words of the script."""
        words = tuple(islice(self._words, request.count))
        return await self._answer("propose", words)

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """A plain sentence about each word, or what the script says."""
        plain = {
            item.word.key: DefinitionDraft(
                text=f"Something that the script calls by the name {item.word.text!r}.", part_of_speech="noun"
            )
            for item in batch
        }
        answer = {key: self._definitions.get(key, draft) for key, draft in plain.items()}
        return await self._answer(
            "define", {key: draft for key, draft in answer.items() if draft is not None}, list(plain)
        )

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """Three neighbours and one example for each word, or what the script says."""
        plain = {
            item.key: Enrichment(
                related_concepts=tuple(f"{item.word} {side}" for side in ("above", "below", "beside")),
                examples=(f"Here is {item.word} in a sentence.",),
                category=Category.COGNITION.value,
            )
            for item in batch
        }
        answer = {key: self._enrichments.get(key, draft) for key, draft in plain.items()}
        return await self._answer(
            "enrich", {key: draft for key, draft in answer.items() if draft is not None}, list(plain)
        )

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A longer text about each word."""
        value = {
            request.entry.key: Deepening(
                explanation=(
                    f"{request.entry.definition} The script has nothing more to tell about it, but says so at"
                    " greater length."
                ),
                applications=(f"Trying out {request.entry.word}",),
            )
            for request in batch
        }
        return await self._answer("deepen", value, [word_key(request.entry.word) for request in batch])
