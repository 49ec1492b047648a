"""One batch of words on its way through the stages: what is known of it so far, and its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.runtime import task_run as current_task_run

from flows.knowledge import (
    DEPTHS,
    Batch,
    Definition,
    Depth,
    Entry,
    Evidence,
    Failure,
    Generation,
    Outcome,
    Provenance,
    Stage,
    Usage,
    Word,
)
from flows.stages.failures import NOT_DONE
from flows.stores.base import Store


class WordBatch:
    """One batch on its way through the stages. Not a dataclass, so that Prefect does not walk through it."""

    def __init__(
        self,
        *,
        job_id: UUID,
        attempt: int,
        round_number: int,
        number: int,
        words: Sequence[Word],
        target: Depth,
        topic: str | None = None,
    ) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.round_number = round_number
        self.number = number
        self.words = tuple(words)
        self.target = target
        self.topic = topic
        self.evidence: dict[str, tuple[Evidence, ...]] = {}
        self.silent: dict[str, str] = {}
        """Sources that had nothing to say, and why."""
        self.definitions: dict[str, Definition] = {}
        self.entries: dict[str, Entry] = {}
        self.failed: dict[str, Failure] = {}
        self.lost: frozenset[str] = frozenset()
        """Words that another job has taken since they were accepted."""
        self.usage = Usage()
        self.batch: Batch | None = None
        self.tell: Callable[[int], None] = lambda _came_out: None
        """Hears, while a stage works, how many words have come out of it so far."""

    @property
    def todo(self) -> tuple[Word, ...]:
        """The words that this job still holds."""
        return tuple(word for word in self.words if word.key not in self.lost)

    @property
    def label(self) -> str:
        """Such as "3.02 (20 words)"."""
        return f"{self.round_number}.{self.number:02d} ({len(self.words)} words)"

    def provenance(self, generation: Generation[Any], words: int, *, at: datetime) -> Provenance:
        """Provenance of one of the `words` that a generation answered; the bill is shared out evenly."""
        run_id = current_task_run.id
        return Provenance(
            job_id=self.job_id,
            round=self.round_number,
            task_run_id=UUID(str(run_id)) if run_id else None,
            model=generation.model,
            prompt_version=generation.prompt_version,
            tokens_in=generation.usage.tokens_in // max(1, words),
            tokens_out=generation.usage.tokens_out // max(1, words),
            created_at=at,
        )

    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each word."""
        return tuple(self._outcome(word) for word in self.words)

    def came_out_of(self, stage: Stage) -> int:
        """How many of its words have what the stage makes: none that it gave up."""
        if stage == "research":
            return len(self.todo)
        made = self.entries.keys() if stage == "enrich" else self.definitions.keys() | self.entries.keys()
        return sum(word.key in made for word in self.todo)

    def _outcome(self, word: Word) -> Outcome:
        entry, definition = self.entries.get(word.key), self.definitions.get(word.key)
        stored: Depth | None = entry.depth if entry else "defined" if definition else None
        is_done = stored is not None and DEPTHS.index(stored) >= DEPTHS.index(self.target)
        if is_done:
            return Outcome(word=word.text, key=word.key, stored=stored)
        why = self.failed.get(word.key, NOT_DONE)
        return Outcome(word=word.text, key=word.key, stored=stored, reason=why.text, reason_code=why.code)

    def row(self, *, at: datetime) -> Batch:
        """The row that records the batch."""
        return Batch(
            job_id=self.job_id,
            round=self.round_number,
            number=self.number,
            attempt=self.attempt,
            outcomes=self.outcomes(),
            usage=self.usage,
            created_at=at,
        )

    async def write(self, row: Batch, store: Store) -> None:
        """Store the results and the batch's row, in one commit."""
        definitions = [d for key, d in self.definitions.items() if key not in self.entries]
        await store.commit_batch(row, entries=list(self.entries.values()), definitions=definitions)
