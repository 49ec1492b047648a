"""The four stages of learning: propose, research, synthesize, enrich. Each is a plain coroutine over a batch
of words.

A stage opens nothing itself, applies one rule of `flows.core`, and writes through the store. Tasks are made
of them in `flows.stages.tasks`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from flows.boundary.text import cleaned
from flows.core import entries as entry_rules
from flows.core import evidence as evidence_rules
from flows.errors import QuotaExhausted, TransientError
from flows.knowledge import (
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Depth,
    Enrichment,
    Entry,
    Generation,
    Round,
    WordEvidence,
)
from flows.models.base import Budgeted, ClosedList, LanguageModel
from flows.stages.asking import MORE_ROOM, Asked, Draft, Item, Made, ask
from flows.stages.batch import WordBatch
from flows.stages.candidates import CandidateSource
from flows.stages.deadline import DeadlineReached
from flows.stages.failures import NO_ANSWER, NOT_IN_LEXICON
from flows.stages.research import research
from flows.stages.resources import Resources


class Stages(Protocol):
    """Takes a job's rounds and batches through the stages. A stage returns None if it was abandoned because
    the job's time is up.
    """

    def propose(
        self,
        number: int,
        candidate_source: CandidateSource,
        resources: Resources,
        *,
        job_id: UUID,
        attempt: int,
        limit: int,
        until: datetime,
        below: Depth | None = None,
        batch_size: int | None = None,
    ) -> Awaitable[Round | None]:
        """See propose_round."""
        ...

    def research(self, work: WordBatch, resources: Resources) -> Awaitable[int | None]:
        """See research_words."""
        ...

    def synthesize(self, work: WordBatch, resources: Resources) -> Awaitable[int | None]:
        """See synthesize_definitions."""
        ...

    def enrich(self, work: WordBatch, resources: Resources) -> Awaitable[int | None]:
        """See enrich_entries."""
        ...


async def research_words(work: WordBatch, resources: Resources) -> int:
    """Look the batch's words up in every source; returns for how many something was found.

    Raises DeadlineReached.

    Research continues without a source that fails; `work.silent` says why.
    """
    researched = await resources.deadline.guard(
        research(work.todo, resources.sources, topic=work.topic, note=resources.troubles.note)
    )
    work.evidence, work.silent = researched.evidence, researched.problems
    return len(work.evidence)


async def synthesize_definitions(work: WordBatch, resources: Resources) -> int:
    """Write a definition of each word that has none, and store them; says how many words have one now.

    Raises DeadlineReached.

    Where `defined` is all that the job wants, the batch is recorded here.
    """
    wanted = [w for w in work.todo if w.key not in work.definitions and w.key not in work.failed]
    items = [WordEvidence(word=w, evidence=work.evidence.get(w.key, ())) for w in wanted]

    def accept(
        item: WordEvidence, draft: DefinitionDraft, generation: Generation[Mapping[str, DefinitionDraft]]
    ) -> tuple[Definition | None, Sequence[str]]:
        definition = Definition(
            word=item.word.text,
            key=item.word.key,
            text=draft.text,
            part_of_speech=draft.part_of_speech,
            support=evidence_rules.support_of(
                draft.text, item.evidence, is_contradicted=draft.is_contradicted
            ),
            citations=evidence_rules.backing(draft.text, item.evidence),
            provenance=work.provenance(generation, len(generation.value), at=resources.store.now()),
        )
        problems = entry_rules.definition_problems(definition)
        elsewhere = [other.evidence for other in items if other is not item]
        if resources.model.invents and evidence_rules.is_misplaced(draft.text, item.evidence, elsewhere):
            problems = (*problems, "definition: it fits the evidence of another word")
        return (None, problems) if problems else (definition, ())

    asked = await _ask(
        resources,
        items,
        lambda i: i.word.key,
        lambda model: model.define,
        accept,
        tell=_on_top_of(work, len(work.definitions)),
    )
    _take(work, asked)
    work.definitions |= asked.made
    if asked.interruption is not None:
        await _keep(work, resources)
        asked.go_on()
    if work.target == "defined":
        await _commit(work, resources)
    else:
        await _keep(work, resources)
    return len(work.definitions)


async def enrich_entries(work: WordBatch, resources: Resources) -> int:
    """Make an entry of each definition, to the full depth where the job wants it, and record the batch; says
    how many entries were stored.

    Raises DeadlineReached.
    """
    definitions = [
        d for key, d in work.definitions.items() if key not in work.entries and key not in work.failed
    ]

    def accept(
        definition: Definition, enrichment: Enrichment, generation: Generation[Mapping[str, Enrichment]]
    ) -> tuple[Entry | None, Sequence[str]]:
        provenance = work.provenance(generation, len(generation.value), at=resources.store.now())
        entry, problems = entry_rules.enriched_entry(
            definition,
            enrichment,
            provenance=provenance,
            now=resources.store.now(),
            lemmas_of=resources.morphology.lemma_candidates,
            invents=resources.model.invents,
        )
        return (None, problems) if entry is None else (entry, ())

    asked = await _ask(
        resources,
        definitions,
        lambda d: d.key,
        lambda model: model.enrich,
        accept,
        tell=_on_top_of(work, len(work.entries)),
    )
    _take(work, asked)
    work.entries |= asked.made
    asked.go_on()
    if work.target == "deep":
        await _deepen(work, resources)
    await _commit(work, resources)
    return len(work.entries)


async def _deepen(work: WordBatch, resources: Resources) -> None:
    shallow = {key: e for key, e in work.entries.items() if e.depth != "deep" and key not in work.failed}
    requests = [DeepeningRequest(entry=e, evidence=work.evidence.get(key, ())) for key, e in shallow.items()]

    def accept(
        request: DeepeningRequest, deepening: Deepening, generation: Generation[Mapping[str, Deepening]]
    ) -> tuple[Entry | None, Sequence[str]]:
        citations = evidence_rules.backing(request.entry.definition, request.evidence)
        provenance = work.provenance(generation, len(generation.value), at=resources.store.now())
        entry = entry_rules.deepened_entry(
            request.entry, deepening, provenance=provenance, citations=citations, now=resources.store.now()
        )
        problems = entry_rules.deep_problems(entry)
        return (None, problems) if problems else (entry, ())

    asked = await _ask(resources, requests, lambda r: r.entry.key, lambda model: model.deepen, accept)
    _take(work, asked)
    work.entries |= asked.made
    asked.go_on()


async def _ask(
    resources: Resources,
    items: Sequence[Item],
    key: Callable[[Item], str],
    method: Callable[
        [LanguageModel], Callable[[Sequence[Item]], Coroutine[Any, Any, Generation[Mapping[str, Draft]]]]
    ],
    accept: Callable[[Item, Draft, Generation[Mapping[str, Draft]]], tuple[Made | None, Sequence[str]]],
    *,
    tell: Callable[[int], None] = lambda _made: None,
) -> Asked[Made]:
    model, guard, told = resources.model, resources.deadline.guard, resources.troubles.told

    def storable(
        item: Item, draft: Draft, generation: Generation[Mapping[str, Draft]]
    ) -> tuple[Made | None, Sequence[str]]:
        made, problems = accept(item, cleaned(draft), generation)
        if made is not None:
            made.model_dump_json()  # what cannot be written fails here, alone, and not with its batch
        return made, problems

    roomier = model.with_room(MORE_ROOM) if isinstance(model, Budgeted) else None
    return await ask(
        items,
        key=key,
        call=lambda batch: told(model.name, guard(method(model)(batch))),
        call_with_room=None
        if roomier is None
        else lambda batch: told(model.name, guard(method(roomier)(batch))),
        accept=storable,
        ends_early=(TransientError, QuotaExhausted, DeadlineReached),
        missing=NOT_IN_LEXICON if isinstance(model, ClosedList) else NO_ANSWER,
        at_once=resources.settings.batch_size,
        tell=tell,
    )


def _on_top_of(work: WordBatch, had: int) -> Callable[[int], None]:
    """Reports how many of the batch's words have left the stage: those done before plus those made now."""
    return lambda made: work.tell(had + made)


def _take(work: WordBatch, asked: Asked[Any]) -> None:
    work.failed |= asked.failed
    work.usage += asked.usage


async def _keep(work: WordBatch, resources: Resources) -> None:
    """Store the definitions that were paid for before the asking was interrupted."""
    if work.definitions:
        await resources.store.save_definitions(
            list(work.definitions.values()), job_id=work.job_id, attempt=work.attempt
        )


async def _commit(work: WordBatch, resources: Resources) -> None:
    work.batch = work.row(at=resources.store.now())
    await work.write(work.batch, resources.store)
