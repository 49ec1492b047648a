"""What a job will yield and cost, estimated beforehand from limits, prices and this installation's earlier
jobs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from flows.core.quota import QuotaLimits
from flows.knowledge import Document, Job, Mode

HISTORY_ENTRIES = 20
"""An earlier job counts as evidence only if it stored at least this many entries."""


class Rates(Document):
    """What one entry needs on average.

    Tokens are those that count towards limits; `per_second` is the rate without any limit.
    """

    tokens_in: float = 0.0
    tokens_out: float = 0.0
    requests: float = 0.0
    cost_usd: float = 0.0
    per_second: float
    jobs: int = 0
    """How many earlier jobs this is based on; 0 for a rule of thumb."""


LimitedBy = Literal[
    "requests a day",
    "tokens a day",
    "requests a minute",
    "tokens a minute",
    "the speed of the stages",
    "the time limit",
    "the number of words",
    "the words that are left",
]
DAILY: frozenset[LimitedBy] = frozenset({"requests a day", "tokens a day"})
NoteCode = Literal["no_price", "day_used_up", "nothing_new_last_time", "one_topic", "rule_of_thumb"]


class Estimate(Document):
    """A forecast for one job.

    `limited_by` names the limit that binds first; `notes` hold what to know before starting, `note_codes` the
    same for programs.
    """

    entries: int
    requests: int
    tokens: int
    cost_usd: float
    minutes: float
    limited_by: LimitedBy
    rates: Rates
    notes: tuple[str, ...] = ()
    note_codes: tuple[NoteCode, ...] = ()


LEXICON = Rates(per_second=100.0)
GROQ: dict[Mode, Rates] = {
    "big": Rates(tokens_in=190.0, tokens_out=170.0, requests=0.13, per_second=8.0),
    "quick": Rates(tokens_in=110.0, tokens_out=80.0, requests=0.08, per_second=8.0),
    "deep": Rates(tokens_in=330.0, tokens_out=400.0, requests=0.25, per_second=4.0),
}
"""Rules of thumb from runs against tests/world (batches of 20 words); prices come from the settings."""


def rates_of(jobs: Sequence[Job], thumb: Rates, *, has_model: bool) -> Rates:
    """The average over ended jobs of one mode that stored enough, weighted by entries; `thumb` if there are
    none.

    With a model only jobs billed by it count, without one only jobs that were not billed.
    """
    told = [
        job
        for job in jobs
        if job.is_final and job.counts.stored >= HISTORY_ENTRIES and job.active_seconds > 0
    ]
    told = [job for job in told if (job.usage.requests > 0) is has_model]
    entries = sum(job.counts.stored for job in told)
    if not entries:
        return thumb
    return Rates(
        tokens_in=sum(job.usage.tokens_in - job.usage.tokens_cached for job in told) / entries,
        tokens_out=sum(job.usage.tokens_out for job in told) / entries,
        requests=sum(job.usage.requests for job in told) / entries,
        cost_usd=sum(job.usage.cost_usd for job in told) / entries,
        per_second=entries / sum(job.active_seconds for job in told),
        jobs=len(told),
    )


def estimate_yield(
    rates: Rates,
    *,
    minutes: float,
    entries: int | None,
    limits: QuotaLimits,
    spent_requests: int = 0,
    spent_tokens: int = 0,
    supply: int | None = None,
) -> Estimate:
    """What `minutes` of work will yield, or less if `entries` or a limit is reached first.

    `limits` are those of the writing model, full at the start except for today's spending; `supply` is how
    many words are available, None if unknown. Raises InvalidInput as QuotaLimits does.
    """
    tokens = rates.tokens_in + rates.tokens_out
    room: dict[LimitedBy, float] = {}

    def bound(name: LimitedBy, amount: float | None, each: float) -> None:
        if amount is not None and each > 0:
            room[name] = max(0.0, amount) / each

    bound(
        "requests a day",
        None if limits.requests_per_day is None else limits.requests_per_day - spent_requests,
        rates.requests,
    )
    bound(
        "tokens a day",
        None if limits.tokens_per_day is None else limits.tokens_per_day - spent_tokens,
        tokens,
    )
    steady: dict[LimitedBy, float] = {}
    if not rates.jobs or not tokens:
        steady["the speed of the stages"] = rates.per_second * 60
    if limits.tokens_per_minute is not None and tokens:
        steady["tokens a minute"] = limits.tokens_per_minute / tokens
    if limits.requests_per_minute is not None and rates.requests:
        steady["requests a minute"] = limits.requests_per_minute / rates.requests
    slowest: LimitedBy = min(steady, key=lambda name: steady[name], default="the speed of the stages")
    a_minute = steady.get(slowest, rates.per_second * 60)
    room[slowest if tokens else "the time limit"] = a_minute * minutes
    if entries is not None:
        room["the number of words"] = float(entries)
    if supply is not None:
        room["the words that are left"] = float(supply)
    limited_by = min(room, key=lambda name: room[name])
    found = math.floor(room[limited_by])
    return Estimate(
        entries=found,
        requests=math.ceil(found * rates.requests),
        tokens=math.ceil(found * tokens),
        cost_usd=round(found * rates.cost_usd, 6),
        minutes=round(min(minutes, found / a_minute) if a_minute else minutes, 2),
        limited_by=limited_by,
        rates=rates,
    )
