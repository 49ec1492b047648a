"""Plain asyncio, as a good engineer writes it in a day: the same batches, prompts and schemas as ours, one
process, SQLite, no orchestrator.

Twelve batches of twenty words at once; a batch is one look into WordNet and one at Wikipedia, then a request
that defines and one that enriches; missing or unusable words are asked for once more. A request that a limit
refuses waits as long as it is told to. What is not there: claims, resuming, Wiktionary, progress for others,
cancellation, all but the simplest checks.

    python -m tests.benchmarks.peers.plain SECONDS DOCUMENTS     (prints one line of JSON at the end)
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import groq
import httpx

from flows.core.prompts import SYSTEM, Task
from flows.knowledge import Category, Word
from flows.lexicon.reader import Lexicon
from flows.models.chat.schemas import SCHEMAS
from flows.sources.lexicon import LexiconSource
from tests.benchmarks.peers.documents import Documents

PROPOSE, WRITE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
BATCH, AT_ONCE = 20, 12
LISTED, LISTS = 100, 10
AVOIDED = 120
EVIDENCE_CHARACTERS = 360
ROOM = {"propose": 8, "define": 90, "enrich": 120}
"""Tokens given to an answer for each word."""
BANDS = ("common", "uncommon", "rare", "very rare")
LAST_WORDS_S = 1.0
"""How long after the end to keep what still arrives."""


class Learner:
    """Learns for so many seconds."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known = documents.names("solidified_knowledge")
        self._llm = groq.AsyncGroq(max_retries=0)
        contact = os.environ["WIKIMEDIA_CONTACT"]
        self._web = httpx.AsyncClient(headers={"User-Agent": f"plain/1 ({contact})"}, timeout=10)
        self._at_wiki = asyncio.Semaphore(3)
        self._lexicon = Lexicon()
        self._wordnet = LexiconSource(self._lexicon)
        self._queue: asyncio.Queue[list[str]] = asyncio.Queue(maxsize=AT_ONCE)
        cells = [f"{category}, {band}" for band in BANDS for category in Category]
        random.Random(0).shuffle(cells)
        self._cells = itertools.cycle(cells)
        self._listed: dict[str, list[str]] = defaultdict(list)
        self.entries = 0
        self.errors: list[str] = []

    async def run(self, seconds: float) -> None:
        """Until the time is up."""
        loops = [self._propose(), *(self._work() for _ in range(AT_ONCE))]
        tasks = [asyncio.create_task(loop) for loop in loops]
        done, _ = await asyncio.wait(
            tasks, timeout=seconds + LAST_WORDS_S, return_when=asyncio.FIRST_EXCEPTION
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _propose(self) -> None:
        while True:
            cells = list(itertools.islice(self._cells, LISTS))
            lists = await asyncio.gather(*map(self._list, cells))
            fresh = list(dict.fromkeys(word for words in lists for word in words if word not in self._known))
            self._known.update(fresh)
            for start in range(0, len(fresh), BATCH):
                await self._queue.put(fresh[start : start + BATCH])

    async def _list(self, cell: str) -> list[str]:
        asked = {"task": "propose", "count": LISTED, "cells": [cell], "topic": None}
        try:
            answer = await self._ask("propose", asked | {"avoid": self._listed[cell][-AVOIDED:]}, LISTED)
        except (groq.APIError, ValueError) as error:
            self.errors.append(str(error)[:100])
            return []
        words = [word for text in answer["words"] if (word := str(text).strip().casefold())]
        self._listed[cell] += words
        return words

    async def _work(self) -> None:
        while True:
            await self._learn(await self._queue.get())

    async def _learn(self, words: Sequence[str]) -> None:
        left = list(words)
        for _ in range(2):
            try:
                entries = await self._entries(left)
            except (groq.APIError, httpx.HTTPError, ValueError) as error:
                self.errors.append(str(error)[:100])
                continue
            self._documents.set_many(("solidified_knowledge", word, made) for word, made in entries.items())
            self.entries += len(entries)
            left = [word for word in left if word not in entries]
            if not left:
                return

    async def _entries(self, words: Sequence[str]) -> dict[str, dict[str, Any]]:
        evidence = await self._research(words)
        about = [{"id": word, "evidence": evidence[word]} for word in words]
        answer = await self._ask("define", {"task": "define", "words": about}, len(words))
        defined = {item["id"]: item for item in answer["words"] if item["id"] in words and item["text"]}
        about = [
            {"id": w, "definition": item["text"], "part_of_speech": item["pos"]}
            for w, item in defined.items()
        ]
        answer = await self._ask("enrich", {"task": "enrich", "words": about}, len(about))
        made = {}
        for item in answer["words"]:
            word = item["id"]
            examples = [text for text in item["examples"] if word.split()[0][:4] in text.casefold()]
            if word in defined and examples and item["related"]:
                made[word] = {
                    "word": word,
                    "definition": defined[word]["text"],
                    "part_of_speech": defined[word]["pos"],
                    "related_concepts": item["related"],
                    "examples": examples,
                    "category": item["category"],
                    "evidence": evidence[word],
                    "created_at": time.time(),
                }
        return made

    async def _research(self, words: Sequence[str]) -> dict[str, list[dict[str, str]]]:
        """What WordNet says of each word, and of Wikipedia what there is room for."""
        glosses = await self._wordnet.look_up([Word(text=word, key=word) for word in words])
        leads = await self._wikipedia(words)
        found: dict[str, list[dict[str, str]]] = {}
        for word in words:
            gloss = next((piece.text for piece in glosses.get(word, ())), "")
            lead = leads.get(word, "")[: max(0, EVIDENCE_CHARACTERS - len(gloss))]
            found[word] = [
                {"source": source, "text": text}
                for source, text in (("wordnet", gloss), ("wikipedia", lead))
                if text
            ]
        return found

    async def _wikipedia(self, words: Sequence[str]) -> dict[str, str]:
        asked = {
            "action": "query", "format": "json", "formatversion": "2", "redirects": "1",
            "titles": "|".join(words), "prop": "extracts", "exintro": "1", "explaintext": "1",
            "exlimit": "20",
        }  # fmt: skip
        async with self._at_wiki:
            response = await self._web.get(os.environ["LEARN_WIKIPEDIA_URL"], params=asked)
        if response.status_code == 429:
            await asyncio.sleep(float(response.headers.get("retry-after", 1)))
            return {}
        query = response.raise_for_status().json().get("query", {})
        title = {word: word for word in words}
        for step in (*query.get("normalized", ()), *query.get("redirects", ())):
            title |= {word: step["to"] for word, now in title.items() if now == step["from"]}
        texts = {page["title"]: page.get("extract", "") for page in query.get("pages", ())}
        return {word: texts[title[word]] for word in words if texts.get(title[word])}

    async def close(self) -> None:
        """Close all connections."""
        await self._llm.close()
        await self._web.aclose()
        self._lexicon.close()

    async def _ask(self, task: Task, asked: dict[str, Any], words: int) -> dict[str, Any]:
        """One answer; a refusal by a limit is waited out."""
        schema: Any = {"name": task, "strict": True, "schema": SCHEMAS[task]}
        while True:
            try:
                completion = await self._llm.chat.completions.create(
                    model=PROPOSE if task == "propose" else WRITE,
                    messages=[
                        {"role": "system", "content": SYSTEM[task]},
                        {
                            "role": "user",
                            "content": json.dumps(asked, ensure_ascii=False, separators=(",", ":")),
                        },
                    ],
                    response_format={"type": "json_schema", "json_schema": schema},
                    max_completion_tokens=300 + words * ROOM[task],
                    reasoning_effort="low",
                    include_reasoning=False,
                )
            except groq.RateLimitError as error:
                await asyncio.sleep(float(error.response.headers.get("retry-after", 1)))
                continue
            answer: dict[str, Any] = json.loads(completion.choices[0].message.content or "")
            return answer


async def main() -> None:
    documents = Documents(Path(sys.argv[2]))
    learner = Learner(documents)
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    await learner.run(float(sys.argv[1]))
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    told = {
        "took_s": time.monotonic() - began,
        "cpu_s": cpu_s,
        "operations": documents.operations,
        "errors": learner.errors[:5],
        "error_count": len(learner.errors),
    }
    await learner.close()
    documents.close()
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main())
