"""An independent reading of DATA.md: opens a finished SQLite store with plain SQL and names everything that is not true of it.

Run it as `python tests/acceptance/checker.py STORE.db [--sample N --seed TEXT]`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sqlite3
import sys
import textwrap
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

PARTS_OF_SPEECH = {"noun", "verb", "adjective", "adverb", "phrase"}
CATEGORIES = set(
    """act animal artifact attribute body change cognition communication competition consumption contact creation event feeling food general
    group location manner motion motive object perception person phenomenon plant possession process quality quantity relation shape social
    state substance time weather""".split()
)
PROVENANCE = {"job_id", "round", "task_run_id", "model", "prompt_version", "created_at"}
CITATION = {"source", "title", "url", "licence", "licence_url", "retrieved_at", "quote"}


def key_of(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[’‘]", "'", re.sub(r"[‐-―−]", "-", folded))).strip()


def bases(token: str) -> set[str]:
    import simplemma

    found = {token, simplemma.lemmatize(token, lang="en").casefold()}
    for ending, put in (
        ("'s", ""),
        ("s", ""),
        ("es", ""),
        ("ies", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("er", ""),
        ("est", ""),
        ("er", "e"),
        ("est", "e"),
        ("ier", "y"),
        ("iest", "y"),
        ("ied", "y"),
        ("ves", "f"),
        ("ves", "fe"),
        ("men", "man"),
        ("d", ""),
    ):
        if token.endswith(ending) and len(token) - len(ending) >= 2:
            stem = token[: -len(ending)] + put
            found.add(stem)
            if ending in {"ed", "ing", "er", "est"} and not put and len(stem) > 2 and stem[-1] == stem[-2]:
                found.add(stem[:-1])
    return found


def contains(text: str, word: str) -> bool:
    tokens = re.findall(r"[\w'-]+", key_of(text))
    wanted = re.findall(r"[\w'-]+", key_of(word))
    if not wanted:
        return key_of(word) in key_of(text)
    if f" {key_of(word)} " in f" {' '.join(tokens)} " or key_of(word) in key_of(text):
        return True
    size = len(wanted)
    parts = [p for t in tokens for p in ([t] if "-" not in t else [t, *t.split("-")])]
    return any(
        all(w == t or w in bases(t) or t in bases(w) or bases(w) & bases(t) for w, t in zip(wanted, parts[i : i + size], strict=False))
        for i in range(len(parts) - size + 1)
    )


def faults_of(entry: dict[str, Any]) -> list[str]:
    faults = []
    word, key = entry["word"], entry["key"]
    is_lexicon = entry["provenance"]["model"].startswith("wordnet")
    least_related, least_examples = (1, 0) if is_lexicon else (3, 1)
    definition = entry["definition"]
    if key != key_of(word):
        faults.append(f"key {key!r} is not that of {word!r}")
    if not 15 <= len(definition) <= 600:
        faults.append(f"definition of {len(definition)} characters")
    if key_of(definition) == key:
        faults.append("definition is the word")
    related = [key_of(r) for r in entry["related_concepts"]]
    if not least_related <= len(related) <= 8:
        faults.append(f"{len(related)} related concepts")
    if key in related or len(set(related)) != len(related):
        faults.append("related concepts repeat")
    if not least_examples <= len(entry["examples"]) <= 3:
        faults.append(f"{len(entry['examples'])} examples")
    faults += [f"example without the word: {e!r}" for e in entry["examples"] if not contains(e, word)]
    if entry["category"] not in CATEGORIES:
        faults.append(f"category {entry['category']!r}")
    if entry["part_of_speech"] not in PARTS_OF_SPEECH:
        faults.append(f"part of speech {entry['part_of_speech']!r}")
    if not entry["provenance"].keys() >= PROVENANCE or not entry["provenance"]["task_run_id"]:
        faults.append("provenance incomplete")
    faults += ["citation incomplete" for c in entry["citations"] if not c.keys() >= CITATION]
    if entry["support"] == "supported" and not entry["citations"]:
        faults.append("supported by nothing")
    return faults


def read(store: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """All entries, and what is wrong with the store as a whole."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    faults = [] if database.execute("PRAGMA integrity_check").fetchone() == ("ok",) else ["the file is damaged"]
    entries = [json.loads(row[0]) for row in database.execute("SELECT document FROM solidified_knowledge ORDER BY key")]
    rounds = [json.loads(row[0]) for row in database.execute("SELECT document FROM rounds")]
    batches = [json.loads(row[0]) for row in database.execute("SELECT document FROM batches")]
    jobs = [json.loads(row[0]) for row in database.execute("SELECT document FROM jobs")]
    keys = [e["key"] for e in entries]
    faults += [f"{k!r} is stored twice" for k, n in Counter(keys).items() if n > 1]
    accepted = Counter((r["job_id"], c["key"]) for r in rounds for c in r["candidates"] if c["verdict"] == "accepted")
    faults += [f"{k} was accepted {n} times" for k, n in accepted.items() if n > 1]
    outcomes = Counter((b["job_id"], o["key"]) for b in batches for o in b["outcomes"])
    faults += [f"{k} has {n} outcomes" for k, n in outcomes.items() if n > 1]
    faults += [f"{k} has an outcome and no round" for k in outcomes if k not in accepted]
    stored = {(o["key"]) for b in batches for o in b["outcomes"] if o["stored"] in {"enriched", "deep"}}
    faults += [f"{k!r} is stored without an outcome" for k in keys if k not in stored]
    faults += [f"{k!r} has an outcome and is not stored" for k in stored - set(keys)]
    for job in jobs:
        if job["status"] in {"completed", "failed", "cancelled"}:
            mine = sum(n for (job_id, _), n in outcomes.items() if job_id == job["job_id"])
            if mine != job["total_tokens"]:
                faults.append(f"job {job['job_id']} counts {job['total_tokens']} words, its rows {mine}")
            left = database.execute("SELECT count(*) FROM known_words WHERE claimed_by = ?", (job["job_id"],)).fetchone()[0]
            if left:
                faults.append(f"job {job['job_id']} has ended and holds {left} claims")
    two = database.execute("SELECT count(*) FROM frontier JOIN known_words USING (key) WHERE depth > 0").fetchone()[0]
    if two:
        faults.append(f"{two} frontier words are known")
    return entries, faults


def show(entry: dict[str, Any]) -> str:
    lines = [f"{entry['word']} ({entry['part_of_speech']}, {entry['category']}): {entry['definition']}"]
    lines += [f"   “{example}”" for example in entry["examples"]]
    lines.append("   see also: " + ", ".join(entry["related_concepts"]))
    return "\n".join(textwrap.fill(line, 130, subsequent_indent="   ") for line in lines)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("store", type=Path)
    arguments.add_argument("--sample", type=int, default=0)
    arguments.add_argument("--seed", default="")
    given = arguments.parse_args()
    entries, faults = read(given.store)
    bad = {e["word"]: f for e in entries if (f := faults_of(e))}
    for entry in random.Random(given.seed).sample(entries, min(given.sample, len(entries))):
        sys.stdout.write(show(entry) + "\n")
    for word, found in list(bad.items())[:20]:
        sys.stdout.write(f"INVALID {word}: {'; '.join(found)}\n")
    for fault in faults[:20]:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.stdout.write(f"{len(entries)} entries, {len(bad)} invalid, {len(faults)} faults in the store\n")
    return 1 if bad or faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
