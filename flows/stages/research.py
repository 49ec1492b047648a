"""Asking all sources for a batch of words, side by side, where no source can hold up or fail the batch."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from flows.boundary.text import cleaned
from flows.errors import LearningError, SourceRefused, TransientError
from flows.knowledge import Evidence, Word
from flows.sources.base import Source
from flows.stages.failures import unreadable

TRIES = 3
PATIENCE_S = 25.0
"""How long one source may take for a batch, all tries and waits together."""
ENOUGH_CHARACTERS = 80
"""A word of which a source says less than this goes to the source that stands in for it."""
_FIRST_WAIT_S = 0.5

Findings = Mapping[str, tuple[Evidence, ...]]
NoteFailure = Callable[[str, Exception], None]


def _nobody(_source: str, _error: Exception) -> None:
    pass


class Researched:
    """Evidence by word key, in the sources' order, and why a source had nothing to say, by its name."""

    def __init__(self) -> None:
        self.evidence: dict[str, tuple[Evidence, ...]] = {}
        self.problems: dict[str, str] = {}


async def research(
    words: Sequence[Word],
    sources: Sequence[Source],
    *,
    topic: str | None = None,
    note: NoteFailure = _nobody,
) -> Researched:
    """Ask every source for every word. A source that stands in for another is asked only for words without
    evidence from that one.

    Research continues without a source that fails three times or takes longer than 25 seconds. `note` is
    called for each failed try, with the source's name.
    """
    tasks: dict[str, asyncio.Task[tuple[Findings, str | None]]] = {}

    async def ask(source: Source) -> tuple[Findings, str | None]:
        before = tasks.get(source.stands_in_for) if source.stands_in_for else None
        wanting = words
        if before is not None:
            await asyncio.wait({before})
            found, _ = before.result()
            wanting = [
                word
                for word in words
                if sum(len(piece.text) for piece in found.get(word.key, ())) < ENOUGH_CHARACTERS
            ]
        return await _ask(source, wanting, topic, note)

    tasks |= {
        source.name: asyncio.create_task(ask(source), name=f"research {source.name}") for source in sources
    }
    try:
        await asyncio.gather(*tasks.values())
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    researched = Researched()
    for name, task in tasks.items():
        found, problem = task.result()
        for key, pieces in found.items():
            researched.evidence[key] = (*researched.evidence.get(key, ()), *cleaned(pieces))
        if problem:
            researched.problems[name] = problem
    return researched


async def _ask(
    source: Source, words: Sequence[Word], topic: str | None, note: NoteFailure
) -> tuple[Findings, str | None]:
    """Everything that a source finds, in as many batches as needed, and its first problem."""
    batches = [words[start : start + source.batch_size] for start in range(0, len(words), source.batch_size)]
    answers = await asyncio.gather(*(_ask_patiently(source, batch, topic, note) for batch in batches))
    found = {key: pieces for answer, _ in answers for key, pieces in answer.items()}
    return found, next((problem for _, problem in answers if problem), None)


async def _ask_patiently(
    source: Source, words: Sequence[Word], topic: str | None, note: NoteFailure
) -> tuple[Findings, str | None]:
    """What a source finds in one batch, or why it finds nothing. Asks again after transient errors, waiting
    as long as the source says.
    """
    loop = asyncio.get_running_loop()
    until_s = loop.time() + PATIENCE_S
    wait_s = _FIRST_WAIT_S
    for attempt in range(1, TRIES + 1):
        try:
            async with asyncio.timeout_at(until_s):
                return await source.look_up(words, topic=topic), None
        except TimeoutError:
            problem = f"no response within {PATIENCE_S:.0f} s"
            note(source.name, TimeoutError(problem))
            return {}, problem
        except SourceRefused as error:
            note(source.name, error)
            return {}, str(error)
        except TransientError as error:
            note(source.name, error)
            pause_s = (
                # only spreads the load
                wait_s * random.uniform(0.8, 1.2)  # noqa: S311
                if error.retry_after_s is None
                else error.retry_after_s
            )
            if attempt == TRIES or loop.time() + pause_s >= until_s:
                return {}, str(error)
        except LearningError:
            raise
        # one page that nobody can read takes no other word's evidence away
        except Exception as error:  # noqa: BLE001
            if len(words) == 1:
                return {}, f"“{words[0].text}”: {unreadable(error).text}"
            middle = len(words) // 2
            parts = (words[:middle], words[middle:])
            halves = [await _ask_patiently(source, part, topic, note) for part in parts]
            found = {key: pieces for half, _ in halves for key, pieces in half.items()}
            return found, next((problem for _, problem in halves if problem), None)
        await asyncio.sleep(pause_s)
        wait_s *= 3
    raise AssertionError("unreachable")
