"""Estimates what a job will learn and cost here, from the settings, the remaining quota and earlier jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from statistics import median
from typing import Any

from flows.core.estimate import DAILY, GROQ, LEXICON, Estimate, NoteCode, Rates, estimate_yield, rates_of
from flows.core.progress import format_count, format_duration
from flows.core.quota import QuotaLimits, not_refilled
from flows.errors import ConfigurationError
from flows.knowledge import DAY_S, Job, Mode, limits
from flows.settings import Settings
from flows.stores.base import Store

HISTORY_JOBS = 50
_ENTRIES: dict[Mode, int | None] = {"big": None, "quick": limits.QUICK_LIMIT, "deep": limits.DEEP_LIMIT}


async def check_topic_of(parameters: Mapping[str, Any], settings: Settings) -> None:
    """Raise UnknownTopic for a job that is to find words near a topic which the lexicon does not know, where
    only the lexicon proposes words.
    """
    if parameters.get("words") or settings.writes_with_groq:
        return
    from flows.lexicon.topics import check_topic  # the server itself needs no lexicon

    with suppress(ConfigurationError):  # of a lexicon that is missing; the job tells
        await asyncio.to_thread(check_topic, parameters.get("topic"))


async def job_estimate(store: Store, settings: Settings, mode: Mode, parameters: dict[str, Any]) -> Estimate:
    """Estimate a job with these parameters.

    Raises InvalidInput for minutes, entries and topic like the job itself.
    """
    await check_topic_of(parameters, settings)
    has_model = settings.writes_with_groq
    thumb = _priced(GROQ[mode], settings) if has_model else LEXICON
    page = await store.jobs(mode=mode, limit=HISTORY_JOBS)
    rates = rates_of(page.items, thumb, has_model=has_model)
    words = parameters.get("words")
    wanted = (
        len(words) if words else parameters.get("max_entries") or parameters.get("limit") or _ENTRIES[mode]
    )
    spent_requests, spent_tokens = await _spent_today(store, settings) if has_model else (0, 0)
    found = estimate_yield(
        rates,
        minutes=parameters.get("minutes")
        or (limits.QUICK_MINUTES if mode == "quick" else limits.MAX_MINUTES),
        entries=wanted,
        limits=QuotaLimits.named_by(settings) if has_model else QuotaLimits(),
        spent_requests=spent_requests,
        spent_tokens=spent_tokens,
        supply=None if has_model or mode != "big" else _left(page.items, parameters.get("topic")),
    )
    about = None if has_model or mode != "big" else parameters.get("topic")
    notes = _notes(found, settings, has_model=has_model, about=about)
    return found.model_copy(update={"notes": tuple(notes.values()), "note_codes": tuple(notes)})


def _left(jobs: Sequence[Job], topic: str | None) -> int | None:
    """How many words are left to learn: 0 if the last job on the topic found nothing new; the median of other
    topics if known; otherwise None.
    """
    last = next((job for job in jobs if job.is_final and job.parameters.get("topic") == topic), None)
    if last is not None and last.end_reason == "nothing new":
        return 0
    others = [
        job.counts.stored
        for job in jobs
        if job.parameters.get("topic") and job.end_reason == "nothing new" and job.counts.stored
    ]
    return round(median(others)) if topic and others else None


def _priced(rates: Rates, settings: Settings) -> Rates:
    price = settings.price(settings.write_models[0])
    return rates.model_copy(
        update={"cost_usd": (rates.tokens_in * price.tokens_in + rates.tokens_out * price.tokens_out) / 1e6}
    )


async def _spent_today(store: Store, settings: Settings) -> tuple[int, int]:
    """Requests and tokens used and not yet refilled; a daily limit refills steadily."""
    for usage in await store.quota_usage(settings.write_models[0]):
        if usage.window == "day":
            age_s = (store.now() - usage.started_at).total_seconds()
            return (
                round(not_refilled(usage.requests, settings.requests_per_day, DAY_S, age_s)),
                round(not_refilled(usage.tokens, settings.tokens_per_day, DAY_S, age_s)),
            )
    return 0, 0


def _notes(found: Estimate, settings: Settings, *, has_model: bool, about: str | None) -> dict[NoteCode, str]:
    notes: dict[NoteCode, str] = {}
    if has_model and settings.write_models[0] not in settings.prices:
        notes["no_price"] = f"No price is known for {settings.write_models[0]}; set it in LEARN_PRICES."
    if found.limited_by in DAILY and not found.entries:
        notes["day_used_up"] = (
            "Today's quota is used up. It refills steadily: try again later, or use another model."
        )
    if found.limited_by == "the words that are left" and not found.entries:
        notes["nothing_new_last_time"] = (
            "The last job like this found nothing new. Try another topic or use a language model."
        )
    if about and found.entries:
        notes["one_topic"] = "A single topic has few words; the job ends when it has learned them all."
    if not found.rates.jobs:
        notes["rule_of_thumb"] = "A rough estimate: no job of this kind has run here yet."
    return notes


def estimate_lines(found: Estimate) -> list[str]:
    """The estimate as lines of text."""
    cost = f"${found.cost_usd:,.4f}" if found.tokens else "nothing"
    lines = [
        (
            f"About {format_count(found.entries, 'entry', 'entries')} in"
            f" {format_duration(found.minutes * 60)}, limited by {found.limited_by}."
        ),
        f"  requests  {found.requests:,}",
        f"  tokens    {found.tokens:,}",
        f"  cost      {cost}",
    ]
    if found.rates.jobs:
        lines.append(f"  based on  {format_count(found.rates.jobs, 'earlier job')}")
    return [*lines, *(f"  note      {note}" for note in found.notes)]
