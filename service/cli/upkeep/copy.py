"""`learn copy`: copies a knowledge base between any two stores in constant memory; resumes after an
interruption.

Every row is written under its own key, so writing it twice changes nothing. A note in the home folder records
the progress. A job's document is copied after everything that belongs to the job, so a job in the target is
complete. At the end both stores are counted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import typer

from flows.errors import InvalidInput, LearningError
from flows.knowledge import Job
from flows.knowledge.limits import MAX_PAGE
from flows.settings import read_settings
from flows.stores import open_store
from flows.stores.base import Store
from service.cli.output.console import DONE, err, say
from service.cli.store_to_read import store_to_read
from service.cli.upkeep.store_counts import ROUNDS_AT_ONCE, Copied, count
from service.stack.private_files import make_folder

T = TypeVar("T")

TOLD_EVERY_S = 1.0

Tell = Callable[[str], None]


class Note:
    """Records how far a copy has come: the key of the last row written, per kind."""

    def __init__(self, home: Path, source: str, target: str) -> None:
        name = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:16]
        self.path = home / "migrations" / f"{name}.json"
        self._source, self._target = source, target
        self._places: dict[str, Any] = {}
        self.is_there = self.path.exists()
        if self.is_there:
            self._places = json.loads(self.path.read_text(encoding="utf-8"))["places"]

    def place(self, kind: str, default: Any) -> Any:  # noqa: ANN401  a key or several
        """Where to resume."""
        return self._places.get(kind, default)

    def write(self, **places: Any) -> None:  # noqa: ANN401  as JSON has them
        """Save places, atomically."""
        self._places |= places
        make_folder(self.path.parent)
        partial = self.path.with_suffix(".part")
        partial.write_text(
            json.dumps({"from": self._source, "to": self._target, "places": self._places}), encoding="utf-8"
        )
        partial.replace(self.path)

    def begin_anew(self) -> None:
        """Make the next run start over, into the same target."""
        self._places = {}
        self.write()

    def forget(self) -> None:
        """Remove the note: the copy is complete."""
        self.path.unlink(missing_ok=True)


async def copy_and_tell(source_url: str | None, target_url: str, *, is_json: bool) -> int:
    """`learn copy`: copy, show progress on stderr, and print the totals."""
    settings, console = read_settings(), err()
    source_url = source_url or settings.store
    with console.status("Checking both stores") if console.is_terminal else nullcontext() as status:
        copied = await copy_store(
            source_url,
            target_url,
            language=settings.language,
            home=settings.home,
            tell=status.update if status else say,
        )
    if is_json:
        typer.echo(json.dumps(copied.counts))
    else:
        say(f"Copied: {copied}. To use the copy, set LEARN_STORE={target_url}.")
    return DONE


async def copy_store(source_url: str, target_url: str, *, language: str, home: Path, tell: Tell) -> Copied:
    """Copy everything but claims and return what the target holds. `tell` gets progress about once a second.

    Raises InvalidInput if the source is empty, the target is not, or both are the same store;
    LanguageMismatch if either holds another language; LearningError if the counts differ at the end.
    """
    if source_url == target_url:
        raise InvalidInput("--to", "must differ from --from", "Name another store.")
    _check_file(source_url)
    async with (
        store_to_read(source_url, language=language) as (source, _),
        open_store(target_url, language=language) as target,
    ):
        note = Note(home, source.url, target.url)
        await _check_ends(source, target, note)
        await Copying(source, target, note, tell).run()
        tell("Counting both stores")
        now = source.now()
        here, there = await count(source, at=now), await count(target, at=now)
        differing = [
            f"{kind}: {number:,} in the source, {there.counts.get(kind, 0):,} in the target"
            for kind, number in here.counts.items()
            if there.counts.get(kind, 0) != number
        ]
        if differing:
            # a row written meanwhile may sort before the recorded place
            note.begin_anew()
            raise LearningError(
                f"The copy is incomplete ({'; '.join(differing)}), perhaps because a job was running."
                " Run the command again; rows already copied are kept."
            )
        note.forget()
    return there


class Copying:
    """One run of a copy."""

    def __init__(self, source: Store, target: Store, note: Note, tell: Tell) -> None:
        self._source = source
        self._target = target
        self._note = note
        self._tell = tell
        self._copied = Copied()
        self._told_at = time.monotonic()

    async def run(self) -> None:
        """Copy everything that the target does not have."""
        source, target, note = self._source, self._target, self._note
        note.write()
        await self._pour(
            "words",
            source.all_words(after=note.place("words", "")),
            target.put_words,
            lambda word: word.definition.key,
        )
        aliases = source.all_aliases(after=note.place("aliases", ""))
        await self._pour("aliases", aliases, target.put_aliases, lambda alias: alias.key)
        await self._pour(
            "frontier",
            source.all_frontier(after=note.place("frontier", "")),
            target.put_frontier,
            lambda word: word.key,
        )
        await self._pour("quota windows", source.all_quota_usage(), target.save_quota_usage, None)
        place = note.place("cached answers", ["", ""])
        evidence = source.all_evidence(at=source.now(), after=(place[0], place[1]))
        await self._pour(
            "cached answers", evidence, target.save_evidence, lambda cached: [cached.source, cached.key]
        )
        cursor: str | None = None
        while True:
            page = await source.jobs(cursor=cursor, limit=50)
            for job in page.items:
                await self._copy_job(job)
            cursor = page.cursor
            if cursor is None:
                return

    async def _pour(
        self,
        kind: str,
        rows: AsyncIterator[T],
        put: Callable[[Sequence[T]], Awaitable[None]],
        place: Callable[[T], Any] | None,
    ) -> None:
        some: list[T] = []

        async def write() -> None:
            await put(some)
            if place is not None:
                self._note.write(**{kind: place(some[-1])})
            self._progress(kind, len(some))
            some.clear()

        async for row in rows:
            some.append(row)
            if len(some) == MAX_PAGE:
                await write()
        if some:
            await write()

    async def _copy_job(self, job: Job) -> None:
        """Copy a job's missing rounds, batches and log before its document."""
        source, target, job_id = self._source, self._target, job.job_id
        if await target.job(job_id) == job:
            return
        last = 0
        while rounds := await target.rounds(job_id, after=last, limit=ROUNDS_AT_ONCE):
            last = rounds[-1].number
        while rounds := await source.rounds(job_id, after=last, limit=ROUNDS_AT_ONCE):
            for round_ in rounds:
                await target.save_round(round_)
                self._progress("rounds", 1)
            last = rounds[-1].number
        there = {(batch.round, batch.number) for batch in await target.batches(job_id)}
        for batch in await source.batches(job_id):
            if (batch.round, batch.number) not in there:
                await target.commit_batch(batch)
                self._progress("batches", 1)
        place = (0, 0)
        while events := await source.log(job_id, after=place, limit=MAX_PAGE):
            await target.append_log(job_id, events)
            self._progress("events", len(events))
            place = (events[-1].attempt, events[-1].seq)
        if await source.stop_requested(job_id):
            await target.request_stop(job_id)
        await target.put_job(job)
        self._progress("jobs", 1)

    def _progress(self, kind: str, count: int) -> None:
        self._copied.add(kind, count)
        if time.monotonic() - self._told_at >= TOLD_EVERY_S:
            self._told_at = time.monotonic()
            self._tell(f"Copied so far: {self._copied}")


async def _check_ends(source: Store, target: Store, note: Note) -> None:
    if not await _holds_anything(source):
        raise InvalidInput("--from", f"{source.url} is empty", "Name the store to copy from.")
    if not note.is_there and await _holds_anything(target):
        raise InvalidInput(
            "--to",
            f"{target.url} is not empty",
            "Name an empty store; `learn copy` does not merge stores.",
        )


async def _holds_anything(store: Store) -> bool:
    stats = await store.stats()
    return bool(stats.known or stats.entries or stats.frontier or stats.jobs)


def _check_file(url: str) -> None:
    """Raise InvalidInput if opening the source would create it."""
    scheme, _, location = url.partition("://")
    if scheme == "sqlite":
        from flows.stores.sqlite import path_of

        if not path_of(location).is_file():
            raise InvalidInput(
                "--from", f"the file {path_of(location)} does not exist", "Name the store to copy from."
            )
