"""The original, from its own description: a Celery worker that learns one word after the other.

A round: a language model lists 1,000 words; those processed or known are skipped; of up to 200 each is looked
up on the web, then defined by one request and enriched by another. After each word the job's document is
rewritten, for a page to poll. Errors of a word go into that document. Retries are the SDK's own two.

    CELERY_BROKER_URL=redis://… celery -A tests.benchmarks.peers.original worker --concurrency 1
    python -m tests.benchmarks.peers.original JOB_ID SECONDS DOCUMENTS     (puts the job into the queue)
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import groq
import httpx
from celery import Celery

from tests.benchmarks.peers.documents import Documents

PROPOSE, WRITE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
CANDIDATES, WORDS_A_ROUND = 1_000, 200
EVIDENCE_CHARACTERS = 360

app = Celery("original", broker=os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0"))
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="run_big_learning_job")  # type: ignore[untyped-decorator]  # Celery has no types
def run_big_learning_job(job_id: str, seconds: float, path: str) -> None:
    """Learn for so many seconds; what comes of it is in the documents."""
    documents = Documents(Path(path))
    try:
        Job(job_id, seconds, documents).run()
    finally:
        documents.close()


class Job:
    """One big job."""

    def __init__(self, job_id: str, seconds: float, documents: Documents) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._documents = documents
        self._llm = groq.Groq()
        contact = os.environ["WIKIMEDIA_CONTACT"]
        self._web = httpx.Client(headers={"User-Agent": f"original/1 ({contact})"}, timeout=10)
        self._processed: set[str] = set()
        self._job: dict[str, Any] = {
            "job_id": job_id,
            "status": "running",
            "mode": "big",
            "progress": 0,
            "total_tokens": 0,
            "last_round": 0,
            "created_at": time.time(),
            "errors": [],
        }

    def run(self) -> None:
        """Round after round until the time is up."""
        self._save()
        while not self._is_over:
            self._round()
        self._job |= {"status": "completed", "progress": 100, "operations": self._documents.operations + 1}
        self._documents.set("jobs", self._job["job_id"], self._job)

    @property
    def _is_over(self) -> bool:
        return time.monotonic() - self._began >= self._seconds

    def _save(self) -> None:
        self._job["progress"] = min(99, int(100 * (time.monotonic() - self._began) / self._seconds))
        self._documents.set("jobs", self._job["job_id"], self._job)

    def _round(self) -> None:
        try:
            words = self._propose()
        except groq.APIError as error:
            self._job["errors"].append(str(error)[:200])
            time.sleep(1)
            return
        self._job["last_round"] += 1
        rounds = f"raw_training/{self._job['job_id']}/rounds"
        self._documents.set(rounds, str(self._job["last_round"]), {"candidates": words})
        done = 0
        for word in words:
            if self._is_over or done == WORDS_A_ROUND:
                break
            if word in self._processed or self._documents.get("known_words", word) is not None:
                continue
            self._processed.add(word)
            done += 1
            try:
                self._learn(word)
            except (groq.APIError, httpx.HTTPError, ValueError, KeyError, IndexError) as error:
                self._job["errors"].append(f"{word}: {error}"[:200])
            self._job["total_tokens"] += 1
            self._save()

    def _learn(self, word: str) -> None:
        evidence = self._research(word)
        defined = self._ask(
            WRITE,
            "Define the word in at most 30 words, from the web research.",
            _about("define", word, evidence),
        )["words"][0]
        self._documents.set("known_words", word, {"word": word, "explanation": defined["text"]})
        enriched = self._ask(
            WRITE,
            "Enrich the word: 5 related concepts, 2 examples with the word in them, and a category.",
            _about("enrich", word, defined["text"]),
        )["words"][0]
        entry = {
            "word": word,
            "definition": defined["text"],
            "related_concepts": enriched["related"],
            "examples": enriched["examples"],
            "category": enriched["category"],
        }
        self._documents.set("solidified_knowledge", word, entry)

    def _research(self, word: str) -> str:
        asked = {
            "action": "query", "format": "json", "formatversion": "2", "titles": word, "redirects": "1",
            "prop": "extracts", "exintro": "1", "explaintext": "1",
        }  # fmt: skip
        answer = self._web.get(os.environ["LEARN_WIKIPEDIA_URL"], params=asked).raise_for_status().json()
        pages = answer.get("query", {}).get("pages", [])
        return str(pages[0].get("extract", ""))[:EVIDENCE_CHARACTERS] if pages else ""

    def _propose(self) -> list[str]:
        asked = {"task": "propose", "count": CANDIDATES}
        words = self._ask(PROPOSE, f"List {CANDIDATES} English words worth learning.", asked)["words"]
        return list(dict.fromkeys(str(word).strip().lower() for word in words))

    def _ask(self, model: str, told: str, asked: dict[str, Any]) -> dict[str, Any]:
        """One request. The stand-in of the provider reads the JSON in it; a real model reads all of it."""
        completion = self._llm.chat.completions.create(
            model=model,
            messages=[
                {
                    "role": "system",
                    "content": f"You write an English learner's dictionary. {told} Answer with JSON.",
                },
                {"role": "user", "content": json.dumps(asked)},
            ],
            response_format={"type": "json_object"},
            reasoning_effort="low",
        )
        answer: dict[str, Any] = json.loads(completion.choices[0].message.content or "")
        return answer


def _about(task: str, word: str, evidence: str) -> dict[str, Any]:
    return {"task": task, "words": [{"id": word, "evidence": evidence}]}


if __name__ == "__main__":
    run_big_learning_job.delay(sys.argv[1], float(sys.argv[2]), sys.argv[3])
