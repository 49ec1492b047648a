"""The summary of a job that has ended."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta

from flows.core import outcomes
from flows.knowledge import Job
from service.cli.output.console import clean
from service.cli.output.display import clock, count_words
from service.wording import remedy

PROBLEMS_SHOWN = 3


def summarize(
    job: Job, *, store_url: str, words: Sequence[str] = (), page: str = "", is_page_up: bool = True
) -> list[str]:
    """The lines of the summary: the outcome, where the results are, how to see them. `words` are the newest
    ones. `is_page_up` is false where Prefect's server has gone with the command; the next one has the page.
    """
    lines = [headline(job), *_left_over(job), *_not_learned(job)]
    if words:
        lines.append(f"  see one       learn show {shlex.quote(clean(words[0]))}")
    if job.counts.stored:
        lines.append(f"  see all       learn search --job {job.job_id}")
    if store_url:
        lines.append(f"  stored in     {store_url}")
    if page:
        lines.append(f"  Prefect run   {page}{'' if is_page_up else ' (while learn up runs)'}")
    lines.extend(_troubles(job))
    if job.status != "completed":
        lines.extend(f"  problem       {clean(text)}" for text in job.errors[-PROBLEMS_SHOWN:])
        if job.reason is not None and (advice := remedy(job.reason)):
            lines.append(f"  {'what to do':<13} {clean(advice)}")
    elif job.errors:
        lines.append(f"  problems      {len(job.errors)}; the latest: {clean(job.errors[-1])}")
    return lines


def headline(job: Job) -> str:
    """The outcome in one line."""
    if job.end_reason in {"stopped", "worker stopped"} and job.status != "cancelled":
        outcome = "Stopped"
    elif job.status == "failed":
        outcome = "Failed"
    elif job.status == "cancelled":
        outcome = "Cancelled"
    elif job.is_final:
        outcome = "Done"
    else:
        outcome = f"Still {job.status}"
    reason = (
        f" ({job.end_reason})"
        if job.end_reason and job.end_reason not in {"stopped", "failed", "all done"}
        else ""
    )
    seconds = job.active_seconds
    took = f"{seconds:.1f} s" if seconds < 60 else clock(timedelta(seconds=round(seconds)))
    return f"{outcome}: {count_words(job.counts.stored, 'learned')} in {took}{reason}."


def _left_over(job: Job) -> list[str]:
    parts = []
    if job.counts.defined:
        parts.append(f"{count_words(job.counts.defined, 'only defined')}; a deep job can complete them")
    # words of a row that is older than its reasons; else the lines below say why
    if job.counts.failed and not job.outcomes:
        parts.append(f"{count_words(job.counts.failed, 'given up')}")
    return [f"  also          {'; '.join(parts)}"] if parts else []


def _not_learned(job: Job) -> list[str]:
    """A line for each reason, with a few of its words and what would help."""
    told = [clean(line.sentence) for line in outcomes.lines(job)]
    shown = [f"  {'not learned' if number == 0 else '':<13} {text}" for number, text in enumerate(told)]
    advice = outcomes.helps(job)
    return [*shown, f"  {'' if shown else 'not learned':<13} {clean(advice)}"] if advice else shown


def _troubles(job: Job) -> list[str]:
    """A line for each kind of failed request, whether or not a later try worked."""
    return [
        f"  provider      {clean(t.provider)}: {t.count:,} failed request{'' if t.count == 1 else 's'}"
        f" ({t.code.replace('_', ' ')}) since {t.since.astimezone():%H:%M:%S}; the latest:"
        f" {clean(t.last_reason)}"
        for t in job.troubles
    ]
