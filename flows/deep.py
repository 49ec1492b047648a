"""The deep learning job: full depth for given words, words with only a definition, or the most mentioned."""

from __future__ import annotations

from prefect import flow

from flows.core.budget import BACKSTOP_S, Budget
from flows.job.attempt import EarlierAttempts, Plan, learn
from flows.job.hooks import record_end
from flows.job.naming import RESULTS, run_name
from flows.knowledge import Job, limits
from flows.stages.candidates import CandidateSource
from flows.stages.choice import given_topic, given_words, unfinished
from flows.stages.resources import Resources


@flow(
    name="deep-learning",
    description=__doc__,
    flow_run_name=run_name,
    timeout_seconds=BACKSTOP_S,
    persist_result=False,
    result_storage=RESULTS,
    on_failure=[record_end],
    on_crashed=[record_end],
    on_cancellation=[record_end],
)
async def deep_learning(
    words: limits.GivenWords | None = None,
    topic: limits.TopicText | None = None,
    limit: limits.WordLimit = limits.DEEP_LIMIT,
    minutes: limits.Minutes = limits.MAX_MINUTES,
) -> Job:
    """Learn words in full depth, and deepen existing entries.

    Returns the final job document. Raises InvalidInput for an invalid word, and as big_learning does.

    Args:
        words: Words to learn or deepen; leave it out to continue what other jobs left unfinished.
        topic: Learn words near this one, if no words are given.
        limit: Learn at most this many words, if none are given.
        minutes: Working time, in minutes.
    """
    given = given_words(words)
    topic = given_topic(topic)
    budget = Budget(minutes=minutes, max_entries=None if given else limit)

    async def candidate_source(resources: Resources, history: EarlierAttempts) -> CandidateSource:
        if given:
            return CandidateSource(history.unseen(given), processed=history.processed)
        if topic is None:
            chosen = [] if history.rounds else await unfinished(resources.store, limit)
            return CandidateSource([*history.waiting, *chosen], processed=history.processed)
        return CandidateSource(
            history.waiting,
            processed=history.processed,
            candidates_per_round=2 * limit,
            topic=topic,
            language=resources.settings.language,
        )

    parameters = {
        "words": [word.text for word in given] or None,
        "topic": topic,
        "limit": limit,
        "minutes": minutes,
    }
    return await learn(
        Plan(
            mode="deep",
            budget=budget,
            target="deep",
            words_per_round=limits.WORDS_PER_ROUND,
            parameters=parameters,
            make_candidate_source=candidate_source,
        )
    )
