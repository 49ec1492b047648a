"""Totals of a job's stored rows; every writer of the job document computes them here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from flows.core import outcomes, selection
from flows.knowledge import (
    STAGES,
    Batch,
    Counts,
    Depth,
    Failure,
    FailureCode,
    Job,
    Mode,
    NamedOutcome,
    Round,
    Stage,
    StageCounts,
    Usage,
)
from flows.knowledge.base import EndReason
from flows.knowledge.outcomes import TAKEN_ELSEWHERE

TARGETS: Mapping[Mode, Depth] = {"big": "enriched", "quick": "defined", "deep": "deep"}
"""The depth that each kind of job works towards."""

LOST = Failure(code="taken_elsewhere", text=TAKEN_ELSEWHERE)
"""Recorded for words that were accepted and went through no stage."""
_LEFT: Mapping[EndReason, FailureCode] = {"time limit": "time_limit", "quota used up": "quota_used_up"}
"""Why words were left, by the end that left them; after any other end they are `not_done`."""


def with_round(job: Job, round_: Round) -> Job:
    """The document after one more round."""
    fresh = selection.counts_of([c for c in round_.candidates if c.origin != "backlog"])
    counts = job.counts.model_copy(
        update={
            "rounds": job.counts.rounds + 1,
            "proposed": job.counts.proposed + fresh.proposed,
            "valid": job.counts.valid + fresh.valid,
            "unseen": job.counts.unseen + fresh.unseen,
            "accepted": job.counts.accepted + len(round_.accepted),
        }
    )
    counted = job.model_copy(
        update={
            "counts": counts,
            "last_round": max(job.last_round, round_.number),
            "usage": job.usage + round_.usage,
        }
    )
    return outcomes.with_outcomes(counted, outcomes.rejected(round_))


def with_batch(job: Job, batch: Batch) -> Job:
    """The document after one more batch."""
    target = TARGETS[job.mode]
    counts = job.counts.model_copy(
        update={
            "batches": job.counts.batches + 1,
            "stored": job.counts.stored
            + sum(o.stored is not None and (o.reason is None or o.stored == target) for o in batch.outcomes),
            "defined": job.counts.defined
            + sum(o.stored == "defined" and target != "defined" for o in batch.outcomes),
            "failed": job.counts.failed + sum(o.stored is None for o in batch.outcomes),
        }
    )
    counted = job.model_copy(
        update={
            "counts": counts,
            "total_tokens": job.total_tokens + len(batch.outcomes),
            "usage": job.usage + batch.usage,
        }
    )
    return outcomes.with_outcomes(counted, outcomes.given_up(batch))


def recounted(job: Job, rounds: Sequence[Round], batches: Sequence[Batch]) -> Job:
    """The document recounted from all its rows, which are authoritative."""
    job = job.model_copy(
        update={
            "counts": Counts(),
            "outcomes": {},
            "named_outcomes": (),
            "last_round": 0,
            "total_tokens": 0,
            "usage": Usage(),
        }
    )
    for round_ in rounds:
        job = with_round(job, round_)
    for batch in batches:
        job = with_batch(job, batch)
    return job.model_copy(update={"stages": stages_of(job, batches)})


def left_words(rounds: Sequence[Round], batches: Sequence[Batch]) -> dict[str, str]:
    """The accepted words that no batch has recorded: texts by key."""
    left = {word.key: word.text for round_ in rounds for word in round_.accepted}
    for batch in batches:
        for outcome in batch.outcomes:
            left.pop(outcome.key, None)
    return left


def with_left(job: Job, left: Mapping[str, str]) -> Job:
    """The document of an ended job, including the words that it took up and did not finish."""
    code = _LEFT.get(job.end_reason, "not_done") if job.end_reason is not None else "not_done"
    return outcomes.with_outcomes(job, [NamedOutcome(word=text, code=code) for text in left.values()])


def stages_of(job: Job, batches: Sequence[Batch]) -> dict[Stage, StageCounts]:
    """How many words each stage has done, according to the rows.

    A batch without a stored word and an unrecorded batch count for no stage; neither do words taken by
    another job, nor words that a stage gave up.
    """
    done: Counter[Stage] = Counter({"propose": job.counts.proposed})
    for batch in batches:
        depths = [o.stored for o in batch.outcomes if o.stored is not None]
        if depths:
            done["research"] += sum(o.reason_code != LOST.code for o in batch.outcomes)
        done["synthesize"] += len(depths)
        if TARGETS[job.mode] != "defined":
            done["enrich"] += sum(depth != "defined" for depth in depths)
    return {stage: StageCounts(done=done[stage]) for stage in STAGES if done[stage]}
