"""An independent reading of what a store must hold: opens a finished SQLite store with plain
SQL and names all that is not true of it.

Run it as `python tests/acceptance/checker.py STORE.db [--sample N --seed TEXT]`.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

sys.path.append(str(Path(__file__).parent))

from hard_stop import hard_stop, moment
from rows import Document, Rows
from validity import DEPTHS, faults_of, key_of

FINAL = {"completed", "failed", "cancelled"}
TARGETS = {"big": "enriched", "quick": "defined", "deep": "deep"}
MALFORMED = {"empty", "too long", "too many words", "no letter", "number", "markup", "sentence"}


def faults_in(
    store: Path, *, late_s: Mapping[str, float] = MappingProxyType({}), has_jumped: bool = False
) -> list[str]:
    """What is wrong with a store in which no job works any more.

    `late_s` is how many seconds later than promised single jobs may end, as a frozen process cannot; the
    moments of a wall clock that has jumped are not compared.
    """
    with closing(Rows(store)) as rows:
        checks = (_file, _words, _rounds_and_outcomes, _one_job_a_word, _frontier, _totals, _provenance)
        faults = [fault for check in checks for fault in check(rows)]
        for job in rows.jobs.values():
            faults += [
                f"job {job['job_id'][:8]}: {fault}"
                for check in (_end, _counts, _log)
                for fault in check(rows, job)
            ]
            faults += [
                f"job {job['job_id'][:8]}: {fault}"
                for fault in hard_stop(job, late_s.get(job["job_id"], 0), has_jumped=has_jumped)
            ]
        return faults + [
            f"{entry['word']!r}: {fault}" for entry in rows.entries.values() for fault in faults_of(entry)
        ]


def _file(rows: Rows) -> Iterator[str]:
    if rows.all("PRAGMA integrity_check") != [("ok",)]:
        yield "the file is damaged"
    if rows.all("PRAGMA foreign_key_check"):
        yield "foreign keys are broken"
    try:
        rows.database.execute("INSERT INTO entry_search (entry_search) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        yield f"the index of full-text search is damaged: {error}"
    indexed, stored = (
        {row[0] for row in rows.all("SELECT id FROM entry_search_docsize")},
        dict(rows.all("SELECT id, key FROM solidified_knowledge")),
    )
    if indexed != stored.keys():
        yield f"full-text search knows {len(indexed)} entries of {len(stored)}"


def _words(rows: Rows) -> Iterator[str]:
    definitions = {row[0] for row in rows.all("SELECT key FROM definitions")}
    for key, word, depth, learned_at, claimed_by, claimed_until in rows.all(
        "SELECT key, word, depth, learned_at, claimed_by, claimed_until FROM known_words"
    ):
        if key != key_of(word):
            yield f"{word!r} has the key {key!r}"
        if (depth >= 2) != (key in rows.entries) or (depth == 1) != (key in definitions):
            yield f"{key!r} is known at depth {depth} and stored otherwise"
        if depth >= 2 and rows.entries.get(key, {}).get("depth") != DEPTHS[depth - 1]:
            yield f"{key!r} is known at depth {depth}, its entry is {rows.entries.get(key, {}).get('depth')}"
        if (depth > 0) != (learned_at is not None):
            yield f"{key!r} of depth {depth} was learned at {learned_at}"
        if claimed_by is not None:
            job = rows.jobs.get(claimed_by)
            if job is None or job["status"] in FINAL:
                yield f"{key!r} is claimed by a job that is {job['status'] if job else 'unknown'}"
            elif claimed_until / 1e6 > moment(job["deadline_at"]) + 61:
                yield f"{key!r} is claimed for longer than its job may work"
        elif depth == 0:
            yield f"{key!r} is neither known nor claimed"


def _rounds_and_outcomes(rows: Rows) -> Iterator[str]:
    accepted = Counter((r["job_id"], c["key"]) for r, c in rows.accepted)
    yield from (
        f"{key!r} was accepted {n} times by job {job[:8]}" for (job, key), n in accepted.items() if n > 1
    )
    outcomes = Counter((b["job_id"], o["key"]) for b, o in rows.outcomes)
    yield from (f"{key!r} has {n} outcomes in job {job[:8]}" for (job, key), n in outcomes.items() if n > 1)
    where = {(r["job_id"], c["key"]): r["number"] for r, c in rows.accepted}
    yield from (
        f"{o['key']!r} has an outcome and no round"
        for b, o in rows.outcomes
        if where.get((b["job_id"], o["key"])) != b["round"]
    )
    for round_ in rows.rounds:
        words = [c["key"] for c in round_["candidates"] if c["verdict"] == "accepted"]
        for batch in rows.batches:
            if (batch["job_id"], batch["round"]) == (round_["job_id"], round_["number"]):
                start = (batch["number"] - 1) * round_["batch_size"]
                if [o["key"] for o in batch["outcomes"]] != words[start : start + round_["batch_size"]]:
                    yield f"batch {batch['round']}.{batch['number']} does not hold its round's words"
    reached = {o["key"] for _, o in rows.outcomes if o["stored"] in DEPTHS[1:]}
    yield from (f"{key!r} is stored without an outcome" for key in rows.entries.keys() - reached)
    yield from (f"{key!r} has an outcome and is not stored" for key in reached - rows.entries.keys())
    yield from (
        f"{o['key']!r} was given up for no reason"
        for _, o in rows.outcomes
        if o["stored"] is None and not o["reason"]
    )


def _one_job_a_word(rows: Rows) -> Iterator[str]:
    """Only one job learns a word; a later one may only take it deeper."""
    done: dict[str, list[tuple[str, int]]] = {}
    for batch, outcome in rows.outcomes:
        if outcome["stored"] is not None and outcome["reason"] is None:
            done.setdefault(outcome["key"], []).append((batch["job_id"], DEPTHS.index(outcome["stored"])))
    for key, steps in done.items():
        if any(later <= earlier for (_, earlier), (_, later) in pairwise(steps)):
            yield (
                f"{key!r} was learned twice:"
                f" {', '.join(f'{DEPTHS[depth]} by {job[:8]}' for job, depth in steps)}"
            )


def _frontier(rows: Rows) -> Iterator[str]:
    for key, word, mentions, mentioned_by in rows.all(
        "SELECT key, word, mentions, mentioned_by FROM frontier"
    ):
        by = json.loads(mentioned_by)
        if key != key_of(word) or not 1 <= mentions == len(set(by)) <= 20:
            yield f"frontier word {word!r} has {mentions} mentions by {len(by)}"
        yield from (
            f"frontier word {word!r} is mentioned by {mention!r}, which is no entry"
            for mention in by
            if mention not in rows.entries
        )
    for (key,) in rows.all("SELECT key FROM frontier JOIN known_words USING (key) WHERE depth > 0"):
        yield f"frontier word {key!r} is known"


def _totals(rows: Rows) -> Iterator[str]:
    kept = {
        (name, value): count
        for name, value, count in rows.all("SELECT name, value, count FROM totals WHERE count <> 0")
    }
    counted = Counter[tuple[str, str]]()
    counted.update(
        ("depth", str(depth)) for (depth,) in rows.all("SELECT depth FROM known_words WHERE depth > 0")
    )
    counted.update((name, e[name]) for e in rows.entries.values() for name in ("category", "support"))
    counted.update(("frontier", "") for _ in rows.all("SELECT 1 FROM frontier"))
    if kept != counted:
        yield f"totals do not agree with the rows: {sorted(set(kept.items()) ^ set(counted.items()))[:6]}"


def _provenance(rows: Rows) -> Iterator[str]:
    accepted = {(r["job_id"], r["number"], c["key"]) for r, c in rows.accepted}
    for entry in rows.entries.values():
        origin = entry["provenance"]
        if (origin["job_id"], origin["round"], entry["key"]) not in accepted:
            yield (
                f"{entry['key']!r} comes from round {origin['round']} of job {origin['job_id'][:8]}, which"
                " did not take it up"
            )


def _end(rows: Rows, job: Document) -> Iterator[str]:
    if job["status"] not in FINAL:
        yield f"its document says {job['status']}"
        return
    if job["end_reason"] is None or job["finished_at"] is None:
        yield f"it is {job['status']} with the reason {job['end_reason']}, at {job['finished_at']}"
    if job["status"] == "failed" and not (job["errors"] or job["reason"]):
        yield "it failed and does not say why"
    if any(stage["in_flight"] for stage in job["stages"].values()):
        yield "words are in flight after its end"
    if len(job["errors"]) > 20:
        yield f"{len(job['errors'])} errors"


def _counts(rows: Rows, job: Document) -> Iterator[str]:
    rounds, batches = rows.of(job["job_id"])
    outcomes = [o for b in batches for o in b["outcomes"]]
    proposed = [c["verdict"] for r in rounds for c in r["candidates"] if c["origin"] != "backlog"]
    at_target = [
        o for o in outcomes if o["stored"] and (o["reason"] is None or o["stored"] == TARGETS[job["mode"]])
    ]
    expected = {
        "rounds": len(rounds),
        "batches": len(batches),
        "proposed": len(proposed),
        "valid": sum(verdict not in MALFORMED for verdict in proposed),
        "accepted": sum(c["verdict"] == "accepted" for r in rounds for c in r["candidates"]),
        "stored": len(at_target),
        "failed": sum(o["stored"] is None for o in outcomes),
    }
    yield from (
        f"it counts {job['counts'][name]} {name}, its rows {n}"
        for name, n in expected.items()
        if job["counts"][name] != n
    )
    if job["total_tokens"] != len(outcomes):
        yield f"it counts {job['total_tokens']} words, its rows {len(outcomes)}"
    if job["last_round"] != max((r["number"] for r in rounds), default=0):
        yield f"its last round is {job['last_round']}"
    for name in ("requests", "tokens_in", "tokens_out"):
        billed = sum(row["usage"][name] for row in (*rounds, *batches))
        if job["usage"][name] != billed:
            yield f"{name} are {job['usage'][name]}, in its rows {billed}"
    if [r["number"] for r in rounds] != list(range(1, len(rounds) + 1)):
        yield "its rounds have holes"
    if not job["counts"]["proposed"] >= job["counts"]["valid"] >= job["counts"]["unseen"]:
        yield "its gates widen"


def _log(rows: Rows, job: Document) -> Iterator[str]:
    numbers: dict[int, list[int]] = {}
    told: dict[int, Counter[str]] = {}
    ended: set[int] = set()
    for attempt, seq, document in rows.all(
        "SELECT attempt, seq, document FROM job_log WHERE job_id = ? ORDER BY attempt, seq", job["job_id"]
    ):
        event = json.loads(document)
        numbers.setdefault(attempt, []).append(seq)
        if event["kind"] == "words.learned":
            told.setdefault(attempt, Counter()).update(event["words"])
        if event["kind"] == "job.ended":
            ended.add(attempt)
    yield from (
        f"the log of attempt {a} has holes"
        for a, found in numbers.items()
        if found != list(range(1, len(found) + 1))
    )
    if job["status"] == "completed" and job["attempt"] not in ended:
        yield "its log does not tell the end"
    for attempt in numbers:
        mine = [b for b in rows.of(job["job_id"])[1] if b["attempt"] == attempt]
        learned = Counter(o["word"] for b in mine for o in b["outcomes"] if o["stored"])
        said = told.get(attempt, Counter())
        if said - learned:
            yield (
                f"the log of attempt {attempt} tells of {sorted(said - learned)[:3]}, which it did not learn"
            )
        if attempt in ended and learned - said:
            yield f"the log of attempt {attempt} does not tell of {sorted(learned - said)[:3]}"


def show(entry: Document) -> str:
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
    with closing(Rows(given.store)) as rows:
        entries = [rows.entries[key] for key in sorted(rows.entries)]
        jobs = len(rows.jobs)
    faults = faults_in(given.store)
    for entry in random.Random(given.seed).sample(entries, min(given.sample, len(entries))):
        sys.stdout.write(show(entry) + "\n")
    for fault in faults[:20]:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.stdout.write(f"{len(entries):,} entries of {jobs} jobs, {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
