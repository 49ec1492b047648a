"""The first stage: candidates are gathered, judged and claimed, and the round is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from flows.core import selection
from flows.core.identity.relatives import Rivals
from flows.core.words import word_key
from flows.knowledge import ClaimResult, Depth, Round, Verdict, Word
from flows.stages.candidates import CandidateSource, Proposed
from flows.stages.resources import Resources

CLAIM_TRIES = 20
"""How often a round claims words in place of those that other jobs have just claimed; more jobs than that at
the same moment leave it short, and it goes on with the next round.
"""


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
    batch_size: int | None = None,
) -> Round:
    """Gather candidates, judge each of them, claim up to `limit` new words until a moment in time, and
    record the round.

    Its words are worked on in batches of `batch_size`, the settings' where not given. Words that another job
    claims at the same moment cost no place: those that were postponed take it.

    Raises DeadlineReached when the job's time is up, and what the model or the store raise.
    """
    gathered = await resources.deadline.guard(candidate_source.gather(resources))
    morphology = resources.morphology
    screening = selection.screen(
        gathered.candidates,
        processed=candidate_source.processed,
        base_forms=morphology.base_forms,
        are_variants=morphology.are_variants,
        parts_of=morphology.parts_of,
        language=resources.settings.language,
        written=await _written(gathered.candidates, resources),
    )
    store = resources.store
    stored = await store.spelled_alike(screening.graphical_keys)
    screening = screening.with_stored(stored, processed=candidate_source.processed)
    taken = await store.taken(screening.keys_to_look_up, job_id=job_id, below=below)
    candidates = selection.judge(screening, taken=taken, limit=limit)
    rivals = Rivals(
        facts=screening.facts, relatives={w.key: w.relatives for w in screening.words if not w.rejection}
    )
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
        claim = await store.claim(
            words, job_id=job_id, attempt=attempt, until=until, below=below, rivals=rivals
        )
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
        batch_size=batch_size or resources.settings.batch_size,
        usage=gathered.usage,
        created_at=store.now(),
    )
    await store.save_round(round_)
    candidate_source.note_verdicts(candidates)
    return round_


async def _written(proposed: Sequence[Proposed], resources: Resources) -> dict[str, str]:
    """The proposed texts as the lexicon writes them. Leftover words stay as they are stored, and a given
    alias becomes its word.

    If only the lexicon writes, a spelling or form that it lacks becomes the headword that it has, unless that
    headword is known. A frontier word keeps its key, under which it leaves the frontier.
    """
    frontier = {text for text, origin in proposed if origin == "frontier"}
    others = {text for text, origin in proposed if origin not in {"frontier", "leftover"}}
    folds_marks = not resources.model.invents
    written = resources.morphology.written
    found = written(frontier) if frontier else {}
    found |= written(others, folds_marks=folds_marks, reduces_forms=True) if others else {}
    unlisted = others - found.keys() if folds_marks else set()
    forms = resources.morphology.headwords_of_forms(unlisted) if unlisted else {}
    bases = await resources.store.known({word_key(base) for base in forms.values()}) if forms else {}
    found |= {text: base for text, base in forms.items() if word_key(base) not in bases}
    given = {text: word_key(found.get(text, text)) for text, origin in proposed if origin == "given"}
    aliases = await resources.store.aliases(set(given.values())) if given else {}
    words = await resources.store.known({alias.of for alias in aliases.values()}) if aliases else {}
    return found | {
        text: words[aliases[key].of].definition.word
        for text, key in given.items()
        if key in aliases and aliases[key].of in words
    }
