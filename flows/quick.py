"""The quick learning job: researches and defines words within seconds, given ones or the most mentioned."""

from __future__ import annotations

from prefect import flow

from flows.core.budget import Budget
from flows.job.attempt import EarlierAttempts, Plan, learn
from flows.job.hooks import record_end
from flows.job.naming import RESULTS, run_name
from flows.knowledge import Job, limits
from flows.stages.candidates import CandidateSource
from flows.stages.choice import given_words, head_of_frontier
from flows.stages.resources import Resources

BACKSTOP_S = 210


@flow(
    name="quick-learning",
    description=__doc__,
    flow_run_name=run_name,
    timeout_seconds=BACKSTOP_S,
    persist_result=False,
    result_storage=RESULTS,
    on_failure=[record_end],
    on_crashed=[record_end],
    on_cancellation=[record_end],
)
async def quick_learning(
    words: limits.GivenWords | None = None,
    topic: limits.TopicText | None = None,
    limit: limits.WordLimit = limits.QUICK_LIMIT,
) -> Job:
    """Learn the definitions of a few words.

    Returns the final job document. Raises InvalidInput for an invalid word, and as big_learning does.

    Args:
        words: Words to learn; leave it out to learn the words that the knowledge base mentions most but does
            not know.
        topic: Learn words near this one, if no words are given.
        limit: Learn at most this many words, if none are given.
    """
    given = given_words(words)
    topic = (topic or "").strip() or None
    budget = Budget(minutes=limits.QUICK_MINUTES, max_entries=None if given else limit)

    async def candidate_source(resources: Resources, history: EarlierAttempts) -> CandidateSource:
        if given:
            return CandidateSource(history.unseen(given), processed=history.processed)
        head = [] if topic else await head_of_frontier(resources.store, limit)
        return CandidateSource(
            [*history.waiting, *head],
            processed=history.processed,
            candidates_per_round=0 if len(head) >= limit else 2 * limit,
            topic=topic,
            language=resources.settings.language,
        )

    parameters = {"words": [word.text for word in given] or None, "topic": topic, "limit": limit}
    return await learn(
        Plan(
            mode="quick",
            budget=budget,
            target="defined",
            words_per_round=limits.WORDS_PER_ROUND,
            parameters=parameters,
            make_candidate_source=candidate_source,
        )
    )
