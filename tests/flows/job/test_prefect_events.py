"""What Prefect is told of a job, and that it never holds up the work."""

import asyncio

import pytest

from flows.job.prefect_events import CALL_TIMEOUT_S, CLOSE_TIMEOUT_S, QUEUE_SIZE, EventEmitter, summary
from flows.knowledge import Counts, Job, JobEvent, NamedOutcome, Outcome, Usage
from tests.flows.job.heart import JOB, START
from tests.flows.job.virtual_time import now_s


class Artifacts:
    """Notes what is shown; each call takes `takes_s`, and raises `error`."""

    def __init__(self):
        self.shown = []
        self.takes_s = 0.0
        self.error = None

    async def _show(self, *what):
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.shown.append((now_s(), *what))

    async def progress(self, percent, text):
        await self._show("progress", percent, text)

    async def table(self, rows, *, key, text):
        await self._show("table", [row["word"] for row in rows], key)

    async def markdown(self, markdown, *, key, text):
        await self._show("markdown", key)


@pytest.fixture
def artifacts():
    return Artifacts()


@pytest.fixture
def emitted():
    return []


@pytest.fixture
def emitter(artifacts, emitted):
    return EventEmitter(
        emit=lambda event, resource, **given: emitted.append((event, resource, given)),
        artifacts=artifacts,
        clock=now_s,
    )


def job(**changed):
    return Job(job_id=JOB, mode="big", name="heart", created_at=START, status="running", attempt=1, **changed)


def line(seq=1):
    return JobEvent(
        attempt=1, seq=seq, kind="words.learned", text="2 words", words=("a", "b"), occurred=START
    )


async def test_each_line_is_an_event_and_the_document_one_more(emitter, emitted):
    async with emitter:
        emitter.tell(job(), [line(1), line(2)])
    assert [event for event, _, _ in emitted] == [
        "learning.words.learned",
        "learning.words.learned",
        "learning.job.progress",
    ]
    assert {resource["prefect.resource.name"] for _, resource, _ in emitted} == {"heart"}
    assert emitted[1][2]["payload"] == {
        "attempt": 1,
        "seq": 2,
        "id": "",
        "text": "2 words",
        "words": ["a", "b"],
    }
    assert emitted[2][2]["payload"] == job().model_dump(mode="json")


async def test_progress_is_shown_every_five_seconds_at_most_and_at_the_end(emitter, artifacts):
    async with emitter:
        for _ in range(12):
            emitter.tell(job(), ())
            await asyncio.sleep(1)
        emitter.tell(job().model_copy(update={"status": "completed", "progress": 100}), ())
    assert [(at_s, percent) for at_s, _, percent, _ in artifacts.shown] == [
        (0, 0),
        (5, 0),
        (10, 0),
        (12, 100),
    ]


async def test_news_that_prefect_has_no_time_for_is_dropped(emitter, artifacts):
    artifacts.takes_s = 1
    async with emitter:
        for _ in range(3 * QUEUE_SIZE):
            emitter.summarize(job())
        await asyncio.sleep(100)
    assert len(artifacts.shown) == QUEUE_SIZE


async def test_an_artifact_that_takes_too_long_is_given_up(emitter, artifacts):
    artifacts.takes_s = 2 * CALL_TIMEOUT_S
    async with emitter:
        emitter.summarize(job())
        await asyncio.sleep(CALL_TIMEOUT_S)
        artifacts.takes_s = 0
        emitter.summarize(job())
        await asyncio.sleep(1)
    assert [at_s for at_s, *_ in artifacts.shown] == [CALL_TIMEOUT_S]


async def test_at_the_end_it_waits_a_moment_for_what_is_left_and_no_longer(emitter, artifacts):
    artifacts.takes_s = 1
    async with emitter:
        emitter.summarize(job())
        emitter.summarize(job())
    assert len(artifacts.shown) == 1
    assert now_s() == CLOSE_TIMEOUT_S


async def test_an_artifact_that_fails_ends_nothing(emitter, artifacts):
    artifacts.error = ConnectionError("refused")
    async with emitter:
        emitter.summarize(job())
        await asyncio.sleep(1)
        artifacts.error = None
        emitter.summarize(job())
        await asyncio.sleep(1)
    assert [what for _, what, *_ in artifacts.shown] == ["markdown"]


def test_the_summary_says_how_it_ended_what_was_learned_and_what_went_wrong():
    text = summary(
        job(
            counts=Counts(stored=1234, proposed=2000),
            active_seconds=61.4,
            end_reason="time limit",
            usage=Usage(requests=3, tokens_in=1000, tokens_out=20),
            errors=("Prefect was away",),
        ),
        newest=[Outcome(word="cat", key="cat", stored="enriched")],
    )
    assert text.startswith(
        "# 1,234 words learned\n\nEnded: **time limit** after 0:01:01 of work, in 0 rounds."
    )
    for part in ("| proposed | 2,000 |", "Newest: cat.", "3 requests, 1,000 tokens in", "- Prefect was away"):
        assert part in text


def test_the_summary_says_why_words_were_not_learned():
    text = summary(
        job(
            end_reason="all done",
            outcomes={"known": 2, "not_in_lexicon": 1},
            named_outcomes=[
                NamedOutcome(word="a|b", code="known"),
                NamedOutcome(word="blorptang", code="not_in_lexicon"),
            ],
        )
    )
    assert "| 2 | already known | a\\|b |" in text
    assert "| 1 | not in the offline lexicon (WordNet 3.1) | blorptang |" in text
    assert "GROQ_API_KEY" in text
    assert "Not learned" not in summary(job(end_reason="all done"))
