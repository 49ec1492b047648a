"""What the rows of a job add up to."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from flows.core.counting import left_words, recounted, stages_of, with_left
from flows.knowledge import Batch, Candidate, Counts, Job, Outcome, Round, StageCounts, Verdict
from flows.knowledge.outcomes import TAKEN_ELSEWHERE

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
JOB = Job(job_id=UUID(int=1), mode="big", created_at=START, counts=Counts(proposed=40))


def batch(number, *outcomes):
    made = tuple(
        Outcome(word=f"w{number}{n}", key=f"w{number}{n}", stored=stored, reason=reason)
        for n, (stored, reason) in enumerate(outcomes)
    )
    return Batch(job_id=JOB.job_id, round=1, number=number, attempt=1, outcomes=made, created_at=START)


def test_stages_count_the_words_that_came_out_of_them_and_not_those_that_another_job_had_taken():
    batches = [
        batch(
            1, ("enriched", None), ("defined", "no examples"), (None, "no answer"), (None, TAKEN_ELSEWHERE)
        ),
        batch(2, ("defined", "the model is away"), (None, TAKEN_ELSEWHERE)),
        batch(3, (None, TAKEN_ELSEWHERE), (None, TAKEN_ELSEWHERE)),
        batch(4, (None, "the model is away")),
    ]
    done = {"propose": 40, "research": 4, "synthesize": 3, "enrich": 1}
    assert stages_of(JOB, batches) == {stage: StageCounts(done=n) for stage, n in done.items()}
    assert recounted(JOB, (), batches).counts.failed == 6


def test_a_job_that_only_defines_has_nothing_enriched():
    quick = JOB.model_copy(update={"mode": "quick", "counts": Counts()})
    assert stages_of(quick, [batch(1, ("defined", None))]) == {
        "research": StageCounts(done=1),
        "synthesize": StageCounts(done=1),
    }


@pytest.mark.parametrize(
    ("end_reason", "code"),
    [
        ("time limit", "time_limit"),
        ("quota used up", "quota_used_up"),
        ("stopped", "not_done"),
        ("failed", "not_done"),
        (None, "not_done"),
    ],
)
def test_words_that_were_taken_up_and_that_no_batch_recorded_have_a_reason(end_reason, code):
    verdicts = {"w10": Verdict.ACCEPTED, "w11": Verdict.ACCEPTED, "far": Verdict.ACCEPTED, "x": Verdict.KNOWN}
    round_ = Round(
        job_id=JOB.job_id,
        number=1,
        attempt=1,
        model="m",
        prompt_version="1",
        candidates=tuple(
            Candidate(text=key.upper(), key=key, origin="given", verdict=verdict)
            for key, verdict in verdicts.items()
        ),
        batch_size=2,
        created_at=START,
    )
    batches = [batch(1, ("enriched", None))]
    left = left_words([round_], batches)
    assert left == {"w11": "W11", "far": "FAR"}
    ended = JOB.model_copy(update={"end_reason": end_reason})
    job = with_left(recounted(ended, [round_], batches), left)
    assert job.outcomes == {"known": 1, code: 2}
    assert [named.word for named in job.named_outcomes if named.code == code] == ["W11", "FAR"]
    assert (job.counts.accepted, job.counts.stored, job.counts.failed) == (3, 1, 0)
