"""How fast the SQLite store is when it is large: `python tests/benchmarks/bench_store.py --words 1000000
[--path FILE]`.

The file is filled once and used again when it is there. Goals at 1,000,000 words: claim 1,000 p99 50 ms,
search p95 50 ms, one entry p99 5 ms. Times include everything from the call to the validated result.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID

from flows.knowledge import (
    Batch,
    Category,
    Citation,
    Definition,
    Entry,
    Outcome,
    Provenance,
    Sense,
    Word,
    utc_now,
)
from flows.stores.sqlite import SqliteStore

START = datetime(2030, 1, 1, tzinfo=UTC)
SUPPORTS = ("supported", "supported", "supported", "model_only", "conflict")
SYLLABLES = [
    a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "us")
]


class World:
    """Made-up words: texts draw from a vocabulary of 50,000 by Zipf's law, headwords are different for each
    number.
    """

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.vocabulary = list(
            dict.fromkeys(
                "".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4))) for _ in range(80_000)
            )
        )[:50_000]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self.vocabulary))))

    def text(self, count: int) -> str:
        return " ".join(self.random.choices(self.vocabulary, cum_weights=self._weights, k=count))

    def headword(self, number: int) -> str:
        mixed = (number * 2_654_435_761) % 2**32
        parts = []
        for _ in range(4):
            mixed, index = divmod(mixed, len(SYLLABLES))
            parts.append(SYLLABLES[index])
        return (
            "".join(parts)
            + (f" {self.vocabulary[number % 997]}" if number % 3 else "")
            + (SYLLABLES[mixed] if mixed else "")
        )

    def entry(self, number: int) -> Entry:
        word = self.headword(number)
        at = START + timedelta(seconds=number // 5 % 10**8)
        quote = self.text(20)
        return Entry(
            word=word,
            key=word,
            definition=self.text(20),
            related_concepts=tuple(self.text(1) for _ in range(5)),
            examples=(f"{self.text(6)} {word} {self.text(5)}.", f"{word} {self.text(9)}."),
            category=self.random.choice(list(Category)),
            part_of_speech="noun",
            senses=(Sense(part_of_speech="noun", gloss=self.text(10)),),
            support=self.random.choice(SUPPORTS),
            citations=(
                Citation(
                    source="wikipedia",
                    title=word,
                    url=f"https://en.wikipedia.org/wiki/{number}",
                    licence="CC BY-SA 4.0",
                    licence_url="https://creativecommons.org/licenses/by-sa/4.0/",
                    retrieved_at=at,
                    quote=quote,
                ),
            ),
            provenance=Provenance(
                job_id=UUID(int=number // 5_000),
                round=1,
                model="test-model",
                prompt_version="1",
                created_at=at,
            ),
            depth="deep" if number % 50 == 0 else "enriched",
            explanation=self.text(60) if number % 50 == 0 else None,
            created_at=at,
            updated_at=at,
        )


def batch_of(entries: list[Entry], number: int, job_id: UUID) -> Batch:
    outcomes = tuple(Outcome(word=e.word, key=e.key, stored=e.depth) for e in entries)
    return Batch(job_id=job_id, round=1, number=number, attempt=1, outcomes=outcomes, created_at=START)


async def fill(store: SqliteStore, world: World, count: int) -> None:
    stored = (await store.stats()).known
    started, step = time.perf_counter(), 1_000
    for first in range(stored, count, step):
        entries = [world.entry(number) for number in range(first, min(first + step, count))]
        await store.commit_batch(batch_of(entries, first // step + 1, UUID(int=0)), entries=entries)
        if first % 100_000 == 0:
            print(f"  {first:>9,} words after {time.perf_counter() - started:,.0f} s", flush=True)


async def measure(
    name: str,
    times: int,
    call: Callable[[int], Awaitable[object]],
    after: Callable[[int], Awaitable[object]] | None = None,
) -> None:
    taken = []
    for turn in range(times):
        started = time.perf_counter()
        await call(turn)
        taken.append((time.perf_counter() - started) * 1000)
        if after:
            await after(turn)
    taken.sort()
    p50, p95, p99 = (taken[min(len(taken) - 1, int(len(taken) * share))] for share in (0.5, 0.95, 0.99))
    print(
        f"{name:<34} p50 {p50:8.2f}   p95 {p95:8.2f}   p99 {p99:8.2f}   worst {taken[-1]:8.2f} ms   ({times}"
        " times)",
        flush=True,
    )


async def run(path: Path, count: int) -> None:
    world = World()
    async with SqliteStore(path) as store:
        await fill(store, world, count)
        print(
            f"{(await store.stats()).known:,} known words, "
            # the benchmark has nothing else to run meanwhile
            f"{path.stat().st_size / 1e6:,.0f} MB",  # noqa: ASYNC240
        )
        await measure_words(store, world, count)
        await measure_search(store, world, count)


async def measure_words(store: SqliteStore, world: World, count: int) -> None:
    job_id, known = UUID(int=10**9), range(count)

    def some(new: int, old: int) -> list[Word]:
        keys = [f"{world.headword(world.random.choice(known))}x{world.random.random()}" for _ in range(new)]
        keys += [world.headword(world.random.choice(known)) for _ in range(old)]
        return [Word(text=key, key=key) for key in keys]

    async def claim(words: list[Word], below: str | None = None) -> None:
        await store.claim(
            words, job_id=job_id, attempt=1, until=utc_now() + timedelta(minutes=10), below=below
        )  # type: ignore[arg-type]

    async def release(_: int) -> None:
        await store.release_all(job_id)

    await measure("claim 1,000: all new", 200, lambda _: claim(some(1_000, 0)), release)
    await measure("claim 1,000: half known", 200, lambda _: claim(some(500, 500)), release)
    await measure("claim 1,000: all below deep", 200, lambda _: claim(some(0, 1_000), "deep"), release)
    await measure("taken: 1,000", 200, lambda _: store.taken([w.key for w in some(500, 500)], job_id=job_id))
    await measure("one entry", 2_000, lambda _: store.entry(world.headword(world.random.choice(known))))
    await measure("known: 200", 200, lambda _: store.known([w.key for w in some(100, 100)]))
    first = count + 1_000_000 + int(time.time()) * 10_000
    batches = [[world.entry(n) for n in range(first + 20 * b, first + 20 * b + 20)] for b in range(500)]

    async def define(turn: int) -> None:
        definitions = [
            Definition(
                word=e.word,
                key=e.key,
                text=e.definition,
                part_of_speech="noun",
                support=e.support,
                citations=e.citations,
                provenance=e.provenance,
            )
            for e in batches[turn]
        ]
        await store.save_definitions(definitions, job_id=job_id, attempt=1)

    for entries in batches:
        await claim([Word(text=e.word, key=e.key) for e in entries])
    await measure("save 20 definitions", 500, define)
    job_id = UUID(int=first)
    await measure(
        "commit a batch of 20 entries",
        500,
        lambda turn: store.commit_batch(batch_of(batches[turn], turn + 1, job_id), entries=batches[turn]),
    )
    await measure("stats", 100, lambda _: store.stats())
    await measure("left defined: 50", 100, lambda _: store.left_defined(limit=50))


async def measure_search(store: SqliteStore, world: World, count: int) -> None:
    common, usual, rare = world.vocabulary[:20], world.vocabulary[200:1000], world.vocabulary[10_000:]
    pick = world.random.choice

    async def two_pages(query: str) -> None:
        page = await store.search(query)
        if page.cursor:
            await store.search(query, cursor=page.cursor)

    jobs = [UUID(int=n) for n in range(max(1, count // 5_000))]
    searches: dict[str, Callable[[int], Awaitable[object]]] = {
        "a common word": lambda _: store.search(pick(common)),
        "a usual word": lambda _: store.search(pick(usual)),
        "a rare word": lambda _: store.search(pick(rare)),
        "a headword": lambda _: store.search(world.headword(pick(range(count)))),
        "1 letter": lambda _: store.search(pick(SYLLABLES)[:1]),
        "3 letters": lambda _: store.search((pick(SYLLABLES) + pick(SYLLABLES))[:3]),
        "5 letters": lambda _: store.search((pick(SYLLABLES) + pick(SYLLABLES) + pick(SYLLABLES))[:5]),
        "two common words": lambda _: store.search(f"{pick(common)} {pick(common)}"),
        "common and rare": lambda _: store.search(f"{pick(common)} {pick(rare)}"),
        "usual and unfinished": lambda _: store.search(f"{pick(usual)} {pick(usual)[:4]}"),
        "three usual words": lambda _: store.search(f"{pick(usual)} {pick(usual)} {pick(usual)} "),
        "common word in a category": lambda _: store.search(pick(common), category=pick(list(Category))),
        "common word in a job": lambda _: store.search(pick(common), job_id=pick(jobs)),
        "usual word in a job": lambda _: store.search(pick(usual), job_id=pick(jobs)),
        "2 letters in a job": lambda _: store.search(pick(SYLLABLES)[:2], job_id=pick(jobs)),
        "newest": lambda _: store.search(),
        "newest of a category": lambda _: store.search(category=pick(list(Category))),
        "newest of a job": lambda _: store.search(job_id=pick(jobs)),
        "two pages of a usual word": lambda _: two_pages(pick(usual)),
    }
    for name, call in searches.items():
        await measure(f"search: {name}", 60, call)
    calls = list(searches.values())
    await measure("search: all kinds mixed", 1_000, lambda _: pick(calls)(0))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--path", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.path or Path(folder) / "bench.db", arguments.words))
