"""What became of the words that a job did not learn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.counting import recounted
from flows.core.outcomes import NAMED, code_of, helps, in_short, lines, with_outcomes
from flows.knowledge import (
    Batch,
    Candidate,
    Counts,
    FailureCode,
    Job,
    NamedOutcome,
    Outcome,
    OutcomeCode,
    Round,
    Verdict,
)

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
JOB = Job(job_id=UUID(int=1), mode="quick", created_at=START)
CODES = get_args(OutcomeCode)
REJECTED = [v for v in Verdict if v not in {Verdict.ACCEPTED, Verdict.POSTPONED}]


def round_of(*verdicts, number=1, origin="model"):
    return Round(
        job_id=JOB.job_id,
        number=number,
        attempt=1,
        model="m",
        prompt_version="1",
        batch_size=10,
        created_at=START,
        candidates=tuple(
            Candidate(text=f"w{n}", key=f"w{n}", verdict=v, origin=origin) for n, v in enumerate(verdicts)
        ),
    )


def batch_of(*outcomes, number=1):
    return Batch(
        job_id=JOB.job_id,
        round=1,
        number=number,
        attempt=1,
        created_at=START,
        outcomes=tuple(
            Outcome(word=f"w{n}", key=f"w{n}", stored=stored, reason=code and "why", reason_code=code)
            for n, (stored, code) in enumerate(outcomes)
        ),
    )


@pytest.mark.parametrize("verdict", REJECTED)
def test_every_verdict_that_rejects_has_a_code(verdict):
    assert code_of(Candidate(text="a", key="a", verdict=verdict)) in CODES
    assert recounted(JOB, [round_of(verdict)], []).outcomes == {verdict.name.lower(): 1}


@pytest.mark.parametrize("code", get_args(FailureCode))
def test_every_word_that_was_given_up_is_counted_by_its_code(code):
    job = recounted(JOB, [], [batch_of((None, code), ("defined", None))])
    assert (job.outcomes, job.counts.failed, job.total_tokens) == ({code: 1}, 1, 2)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("count", [1, 2, 1234])
def test_every_code_is_worded(code, count):
    job = JOB.model_copy(
        update={"outcomes": {code: count}, "named_outcomes": (NamedOutcome(word="w", code=code),)}
    )
    [line] = lines(job)
    assert line.sentence.startswith(f"{count:,} ")
    assert "_" not in line.text
    assert in_short(job) == f"{count:,} {line.text}"


def test_what_a_word_is_a_form_or_spelling_of_is_said():
    named = (
        NamedOutcome(word="bite", code="spelling_variant", variant_of="bit"),
        NamedOutcome(word="went", code="inflection", variant_of="go"),
        NamedOutcome(word="Cat", code="repeated", variant_of="cat"),
    )
    job = with_outcomes(JOB, named)
    assert [line.names for line in lines(job)] == [
        ("went (a form of go)",),
        ("Cat (the same as cat)",),
        ("bite (another spelling of bit)",),
    ]


def test_a_word_that_is_named_twice_is_not_explained_by_itself():
    job = with_outcomes(JOB, [NamedOutcome(word="sea", code="repeated", variant_of="sea")])
    assert lines(job)[0].names == ("sea",)


def test_the_commonest_reason_comes_first_and_the_last_ones_are_summed_up():
    job = JOB.model_copy(
        update={"outcomes": {"number": 1, "known": 30, "sentence": 2, "markup": 3, "empty": 1}}
    )
    assert in_short(job) == "30 already known, 3 not plain text, 2 sentences, 2 for other reasons"


def test_only_where_a_model_would_help_is_one_advised():
    assert helps(with_outcomes(JOB, [NamedOutcome(word="a", code="known")])) is None
    assert "GROQ_API_KEY" in helps(with_outcomes(JOB, [NamedOutcome(word="a", code="not_in_lexicon")]))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"end_reason": "nothing new", "parameters": {"topic": "violin"}}, "near “violin”"),
        ({"end_reason": "nothing new", "parameters": {"topic": None}}, "Name words yourself"),
        ({"end_reason": "nothing new", "counts": Counts(stored=1)}, None),
        ({"end_reason": "all done"}, None),
        ({"end_reason": "time limit"}, None),
    ],
)
def test_a_job_that_found_nothing_new_says_what_to_try(changed, told):
    advice = helps(JOB.model_copy(update=changed))
    assert advice is None if told is None else told in advice


def test_a_row_from_before_has_no_outcomes():
    old = JOB.model_dump(mode="json", exclude={"outcomes", "named_outcomes"})
    assert Job.model_validate(old).outcomes == {}


@given(
    st.lists(st.lists(st.sampled_from(list(Verdict)), max_size=12), max_size=4),
    st.lists(
        st.lists(
            st.one_of(
                st.just(("defined", None)),
                st.tuples(st.none(), st.none() | st.sampled_from(get_args(FailureCode))),
            ),
            max_size=8,
        ),
        max_size=4,
    ),
)
def test_every_word_of_the_rows_is_in_the_counts_or_in_the_outcomes(verdicts, outcomes):
    rounds = [round_of(*row, number=n) for n, row in enumerate(verdicts, 1)]
    batches = [batch_of(*row, number=n) for n, row in enumerate(outcomes, 1)]
    job = recounted(JOB, rounds, batches)
    failures = {code: n for code, n in job.outcomes.items() if code in get_args(FailureCode)}
    postponed = sum(row.count(Verdict.POSTPONED) for row in verdicts)
    rejected = sum(job.outcomes.values()) - sum(failures.values())
    assert job.counts.proposed == job.counts.accepted + rejected + postponed
    assert sum(failures.values()) == job.counts.failed
    assert job.total_tokens == job.counts.stored + job.counts.failed
    named = [outcome.code for outcome in job.named_outcomes]
    assert set(named) == set(job.outcomes)
    assert all(named.count(code) <= min(NAMED, job.outcomes[code]) for code in job.outcomes)
