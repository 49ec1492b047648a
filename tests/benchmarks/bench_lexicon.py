"""How fast and how small the lexicon is: `python tests/benchmarks/bench_lexicon.py`.

Goals: open under 50 ms, under 20 MB.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from flows.knowledge import Definition, ProposalRequest, Provenance, Word, WordEvidence
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lexicon
from flows.models.lexicon import LexiconModel

PROVENANCE = Provenance(
    job_id=UUID(int=1),
    round=1,
    model="wordnet-3.1",
    prompt_version="1",
    created_at=datetime(2030, 1, 1, tzinfo=UTC),
)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def measure(name: str, times: int, call: Callable[[int], object]) -> None:
    taken = []
    for turn in range(times):
        started = time.perf_counter()
        call(turn)
        taken.append((time.perf_counter() - started) * 1000)
    print(
        f"{name:<40} median {statistics.median(taken):8.2f}   worst {max(taken):8.2f} ms   ({times} times)",
        flush=True,
    )


async def nobody_has(_keys: object) -> tuple[str, ...]:
    return ()


def compose(model: LexiconModel, lexicon: Lexicon, first: int) -> None:
    words = [Word(text=lemma.text, key=lemma.key) for lemma in lexicon.lemmas(after_rank=first, limit=20)]

    async def run() -> None:
        drafts = (await model.define([WordEvidence(word=word) for word in words])).value
        await model.enrich(
            [
                Definition(
                    word=word.text,
                    key=word.key,
                    text=drafts[word.key].text,
                    part_of_speech=drafts[word.key].part_of_speech,
                    support="model_only",
                    provenance=PROVENANCE,
                )
                for word in words
            ]
        )

    asyncio.run(run())


def main() -> None:
    before = resident_mb()
    measure("open and close", 200, lambda _: Lexicon().close())
    with Lexicon() as lexicon:
        model = LexiconModel(lexicon, taken=nobody_has)
        measure(
            "look up 20 words",
            500,
            lambda turn: lexicon.lookup(
                [lemma.key for lemma in lexicon.lemmas(after_rank=20 * turn, limit=20)]
            ),
        )
        measure("propose 1,000 words", 20, lambda _: asyncio.run(model.propose(ProposalRequest(count=1000))))
        measure("define and enrich 20 words", 500, lambda turn: compose(model, lexicon, 20 * turn))
        for topic in ("astronomy", "music", "machine learning"):
            measure(
                f"first 1,000 words near {topic}",
                10,
                lambda _, topic=topic: list(islice(neighbourhood(lexicon, topic), 1000)),
            )  # type: ignore[misc]
        print(f"memory: {resident_mb() - before:.1f} MB more than before it was opened")


if __name__ == "__main__":
    main()
