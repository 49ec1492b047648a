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

from flows.core import entries as entry_rules
from flows.core import evidence as evidence_rules
from flows.core import selection
from flows.errors import QuotaExhausted, TransientError
from flows.knowledge import (
    ClaimResult,
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Depth,
    Enrichment,
    Entry,
    Generation,
    Round,
    Verdict,
    Word,
    WordEvidence,
    utc_now,
)
from flows.models.base import Budgeted, ClosedList, LanguageModel
from flows.stages.asking import MORE_ROOM, Asked, Draft, Item, Made, ask
from flows.stages.batch import WordBatch
from flows.stages.candidates import CandidateSource
from flows.stages.deadline import DeadlineReached
from flows.stages.failures import NO_ANSWER, NOT_IN_LEXICON
from flows.stages.research import research
from flows.stages.resources import Resources

CLAIM_TRIES = 20
"""How often a round claims words in place of those that other jobs have just claimed, before it stays
short.
"""


class Stages(Protocol):
    """What takes a job's rounds and batches through the stages. None is the answer of a stage that was
    abandoned because the job's time is up.
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


async def propose_round(
    number: int,
    candidate_source: CandidateSource,
    resources: Resources,
    *,
    job_id: UUID,
    attempt: int,
    limit: int,
    until: datetime,
    below: Depth | None = None,
) -> Round:
    """Gather candidates, judge each of them, claim up to `limit` new words until a moment in time, and record
    the round.

    Raises DeadlineReached when the job's time is up, and what the model or the store raise.
    """
    gathered = await resources.troubles.told(
        resources.model.name, resources.deadline.guard(candidate_source.gather(resources))
    )
    morphology = resources.morphology
    screening = selection.screen(
        gathered.candidates,
        processed=candidate_source.processed,
        base_forms=morphology.base_forms,
        are_variants=morphology.are_variants,
    )
    store = resources.store
    taken = await store.taken(screening.keys_to_look_up, job_id=job_id, below=below)
    candidates = selection.judge(screening, taken=taken, limit=limit)
    claimed, waiting = ClaimResult(), frozenset[str]()
    for tried in range(CLAIM_TRIES):
        if tried:
            taken = await store.taken(waiting, job_id=job_id, below=below)
            candidates = selection.judge_again(screening, candidates, taken=taken, limit=limit)
        words = [
            Word(text=c.text, key=c.key)
            for c in candidates
            if c.verdict is Verdict.ACCEPTED and c.key not in claimed.held
        ]
        claim = await store.claim(words, job_id=job_id, attempt=attempt, until=until, below=below)
        claimed += claim
        candidates = selection.with_claims(candidates, claimed)
        waiting = selection.keys_of_postponed(screening, candidates)
        if len(claim.held) == len(words) or not waiting:
            break
    candidates = candidate_source.marked(candidates)
    round_ = Round(
        job_id=job_id,
        number=number,
        attempt=attempt,
        model=resources.model.name,
        prompt_version=gathered.prompt_version,
        candidates=tuple(
            c
            for c in candidates
            if c.verdict is not Verdict.POSTPONED or not candidate_source.is_carried(c.key)
        ),
        batch_size=resources.settings.batch_size,
        usage=gathered.usage,
        created_at=utc_now(),
    )
    await store.save_round(round_)
    candidate_source.note_verdicts(candidates)
    return round_


async def research_words(work: WordBatch, resources: Resources) -> int:
    """Look the batch's words up in every source; says for how many something was found.

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
            provenance=work.provenance(generation, len(generation.value)),
        )
        problems = entry_rules.definition_problems(definition)
        elsewhere = [other.evidence for other in items if other is not item]
        if resources.model.invents and evidence_rules.is_misplaced(draft.text, item.evidence, elsewhere):
            problems = (*problems, "definition: it fits the evidence of another word")
        return (None, problems) if problems else (definition, ())

    asked = await _ask(resources, items, lambda i: i.word.key, lambda model: model.define, accept)
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
        provenance = work.provenance(generation, len(generation.value))
        entry, problems = entry_rules.enrich(
            definition,
            enrichment,
            provenance=provenance,
            now=utc_now(),
            lemmas_of=resources.morphology.lemma_candidates,
            invents=resources.model.invents,
        )
        return (None, problems) if entry is None else (entry, ())

    asked = await _ask(resources, definitions, lambda d: d.key, lambda model: model.enrich, accept)
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
        provenance = work.provenance(generation, len(generation.value))
        entry = entry_rules.deepen(
            request.entry, deepening, provenance=provenance, citations=citations, now=utc_now()
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
) -> Asked[Made]:
    model, guard, told = resources.model, resources.deadline.guard, resources.troubles.told
    roomier = model.with_room(MORE_ROOM) if isinstance(model, Budgeted) else None
    return await ask(
        items,
        key=key,
        call=lambda batch: told(model.name, guard(method(model)(batch))),
        call_with_room=None
        if roomier is None
        else lambda batch: told(model.name, guard(method(roomier)(batch))),
        accept=accept,
        ends_early=(TransientError, QuotaExhausted, DeadlineReached),
        missing=NOT_IN_LEXICON if isinstance(model, ClosedList) else NO_ANSWER,
    )


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
    work.batch = work.row()
    await work.write(work.batch, resources.store)
