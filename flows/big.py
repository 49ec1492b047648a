"""The big learning job: rounds for up to ten minutes; each proposes a thousand words and learns new ones."""

from __future__ import annotations

from prefect import flow

from flows.core.budget import BACKSTOP_S, Budget
from flows.job.attempt import EarlierAttempts, Plan, learn
from flows.job.hooks import record_end
from flows.job.naming import RESULTS, run_name
from flows.knowledge import Job, limits
from flows.stages.candidates import CandidateSource
from flows.stages.choice import given_topic
from flows.stages.resources import Resources


@flow(
    name="big-learning",
    description=__doc__,
    flow_run_name=run_name,
    timeout_seconds=BACKSTOP_S,
    persist_result=False,
    result_storage=RESULTS,
    on_failure=[record_end],
    on_crashed=[record_end],
    on_cancellation=[record_end],
)
async def big_learning(
    topic: limits.TopicText | None = None,
    minutes: limits.Minutes = limits.MAX_MINUTES,
    max_entries: limits.MaxEntries | None = None,
    candidates_per_round: limits.CandidatesPerRound = limits.CANDIDATES_PER_ROUND,
    words_per_round: limits.WordsPerRound = limits.WORDS_PER_ROUND,
) -> Job:
    """Learn new words, round after round, until time is up, enough are learned, or no new ones turn up.

    Returns the final job document. Raises UnknownTopic, ConfigurationError, and any error that makes it
    impossible to continue.

    Args:
        topic: Learn words near this one; leave it out to learn the most common words first.
        minutes: Working time, in minutes.
        max_entries: Stop after this many new entries.
        candidates_per_round: Words proposed per round.
        words_per_round: New words learned per round.
    """
    budget = Budget(minutes=minutes, max_entries=max_entries)
    topic = given_topic(topic)

    async def candidate_source(resources: Resources, history: EarlierAttempts) -> CandidateSource:
        return CandidateSource(
            history.waiting,
            processed=history.processed,
            candidates_per_round=candidates_per_round,
            topic=topic,
            language=resources.settings.language,
            rounds=history.rounds,
        )

    parameters = {
        "topic": topic,
        "minutes": minutes,
        "max_entries": max_entries,
        "candidates_per_round": candidates_per_round,
        "words_per_round": words_per_round,
    }
    return await learn(
        Plan(
            mode="big",
            budget=budget,
            target="enriched",
            words_per_round=words_per_round,
            parameters=parameters,
            make_candidate_source=candidate_source,
        )
    )
