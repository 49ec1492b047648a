"""What the Firestore store reads and writes, held to the design's costs; and that every query has its
index.
"""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from emulator import make_emulator
from firestore_bill import billed
from store_documents import ANN, START, batch, definition, entry, event, job, minutes, round_, words

from flows.core.identity.doubles import merge
from flows.knowledge import CachedEvidence, Category, LearnedWord, QuotaUsage, Verdict, Word

__all__ = ["billed"]

LATER = START + minutes(10)
INDEXES = json.loads((Path(__file__).parents[4] / "firestore.indexes.json").read_text(encoding="utf-8"))
KEYS = [f"w{n:02}" for n in range(20)]


async def test_a_batch_costs_one_write_a_word_and_stage_and_reads_nothing(billed):
    store, bill = billed
    await store.begin_attempt(job())
    candidates = [*KEYS, *(f"other {n}" for n in range(10))]
    assert await bill.of(store.taken(candidates, job_id=ANN)) == (30, 0, 0)
    fence, row = 1, 1
    assert await bill.of(store.claim(words(*KEYS), job_id=ANN, attempt=1, until=LATER)) == (0, 20 + fence, 0)
    assert await bill.of(
        store.save_definitions([definition(key) for key in KEYS], job_id=ANN, attempt=1)
    ) == (0, 20 + fence, 0)
    # after the second stage the entry is one write a word; the word's new depth and the end of its claim are
    # another
    assert await bill.of(store.commit_batch(batch(*KEYS), entries=[entry(key) for key in KEYS])) == (
        0,
        20 + 20 + row + fence,
        20,
    )
    assert bill.spent["commits"] == 1


async def test_a_batch_of_a_quick_job_costs_two_writes_a_word(billed):
    store, bill = billed
    await store.begin_attempt(job(mode="quick"))
    await store.taken(KEYS, job_id=ANN)
    assert await bill.of(store.claim(words(*KEYS), job_id=ANN, attempt=1, until=LATER)) == (0, 21, 0)
    definitions = [definition(key) for key in KEYS]
    assert await bill.of(
        store.commit_batch(batch(*[(key, "defined") for key in KEYS]), definitions=definitions)
    ) == (0, 22, 20)


async def test_words_given_up_cost_one_delete_each(billed):
    store, bill = billed
    await store.begin_attempt(job())
    await store.taken(KEYS, job_id=ANN)
    await store.claim(words(*KEYS), job_id=ANN, attempt=1, until=LATER)
    assert await bill.of(store.commit_batch(batch(*[(key, None) for key in KEYS]))) == (0, 2, 20)


async def test_a_second_costs_one_write_of_the_job_and_one_of_the_log(billed):
    store, bill = billed
    begun = await store.begin_attempt(job())
    await store.save_job(begun, [event(1)])
    for second in range(2, 12):
        row = begun.model_copy(update={"progress": second})
        assert await bill.of(store.save_job(row, [event(second)])) == (0, 2, 0)
        assert await bill.of(store.save_job(row)) == (0, 1, 0)
    assert await bill.of(store.stop_requested(ANN)) == (1, 0, 0)


async def test_a_round_costs_one_write_and_its_frontier_two_reads_and_a_write_a_word(billed):
    store, bill = billed
    await store.begin_attempt(job())
    assert await bill.of(store.save_round(round_(keys=KEYS))) == (0, 2, 0)
    mentions = {Word(text=key, key=key): ["cat"] for key in KEYS}
    assert await bill.of(store.add_to_frontier(mentions, at=START)) == (40, 20, 0)
    assert await bill.of(store.add_to_frontier(mentions, at=START)) == (40, 0, 0)


async def test_watching_costs_one_read_a_poll(billed):
    store, bill = billed
    await store.begin_attempt(job())
    await store.append_log(ANN, [event(n) for n in range(1, 51)])
    assert await bill.of(store.job(ANN)) == (1, 0, 0)
    assert await bill.of(store.log(ANN, after=(1, 40))) == (1, 0, 0)
    assert await bill.of(store.log_end(ANN, limit=10)) == (1, 0, 0)
    await store.stats()
    assert await bill.of(store.stats()) == (0, 0, 0)


async def merge_two(store):
    await store.save_definitions([definition("cafe"), definition("café")], job_id=ANN, attempt=1)
    known = await store.known(["cafe", "café"])
    stays, goes = (LearnedWord(**dict(known[key])) for key in ("cafe", "café"))
    wanted = merge(stays, goes, relation=Verdict.SPELLING_VARIANT, word="cafe", at=START)
    assert await store.merge(wanted)


async def ask_everything(store):
    """Every query that the store can make."""
    await store.spelled_alike(["cafe"])
    await merge_two(store)
    await store.names()
    await store.search()
    await store.search("w")
    for filter_ in ({"category": Category.ACT}, {"job_id": ANN}, {"support": "conflict"}, {"depth": "deep"}):
        await store.search(**filter_)
        await store.search("w", **filter_)
    for statuses in ((), ("running", "queued")):
        for mode in (None, "big"):
            for since in (None, START):
                await store.jobs(statuses=statuses, mode=mode, since=since)
    await store.frontier()
    await store.stats()
    await store.left_defined(limit=3)
    await store.defined_words()
    await store.defined_words(prefix="a")
    await store.claims(ANN)
    await store.release_all(ANN)
    await store.rounds(ANN)
    await store.batches(ANN)
    await store.batches(ANN, 1)
    await store.log(ANN)
    await store.log_end(ANN)
    await store.append_log(ANN, [event(1)])
    await store.save_evidence(
        [CachedEvidence(source="wikipedia", key="cat", fetched_at=START, expires_at=LATER)]
    )
    await store.save_quota_usage([QuotaUsage(model="m", window="day", started_at=START)])
    for everything in (
        store.export(),
        store.all_words(),
        store.all_aliases(),
        store.all_frontier(),
        store.all_quota_usage(),
        store.all_evidence(at=START),
    ):
        async for _ in everything:
            pass


def index_of(query):
    """The index that a query needs: the fields that must be equal in any order, then the others in theirs;
    None where every document has it.
    """
    equal = {path for path, operator, _ in query.where if operator in {"==", "in"}}
    ordered = [(path, direction) for path, direction in query.order if path not in equal]
    for path, operator, _ in query.where:
        if operator not in {"==", "in"} and path not in dict(ordered):
            ordered.insert(0, (path, "ASC"))
    if not equal and not ordered:
        return None
    return (
        query.collection,
        "COLLECTION_GROUP" if query.is_group else "COLLECTION",
        frozenset(equal),
        tuple(ordered),
    )


def serves(index, needed):
    collection, scope, equal, ordered = needed
    fields = [(field["fieldPath"], field["order"][:-6]) for field in index["fields"]]
    first, rest = fields[: len(equal)], fields[len(equal) :]
    is_place = index["collectionGroup"] == collection and index["queryScope"] == scope
    return is_place and {path for path, _ in first} == equal and tuple(rest) == ordered


def composites():
    return INDEXES["indexes"]


def singles():
    overrides = [o for o in INDEXES["fieldOverrides"] if o["fieldPath"] != "*"]
    return [
        {
            "collectionGroup": o["collectionGroup"],
            "queryScope": i["queryScope"],
            "fields": [{"fieldPath": o["fieldPath"], "order": i["order"]}],
        }
        for o in overrides
        for i in o["indexes"]
    ]


async def test_every_query_has_its_index_and_every_index_its_query(billed):
    store, bill = billed
    await ask_everything(store)
    needed = {index for query in bill.queries if (index := index_of(query)) is not None}
    assert len(needed) > 20
    available = [*composites(), *singles()]
    assert [need for need in needed if not any(serves(index, need) for index in available)] == []
    assert [index for index in available if not any(serves(index, need) for need in needed)] == []


def test_nothing_else_is_indexed():
    exempt = {
        o["collectionGroup"]
        for o in INDEXES["fieldOverrides"]
        if o["fieldPath"] == "*" and o["indexes"] == []
    }
    assert exempt == {
        "batches",
        "control",
        "frontier",
        "jobs",
        "known_words",
        "log",
        "metadata",
        "parts",
        "quota_usage",
        "research_cache",
        "rounds",
        "solidified_knowledge",
    }


def test_what_expires_is_deleted_by_firestore():
    expiring = {(o["collectionGroup"], o["fieldPath"]) for o in INDEXES["fieldOverrides"] if o.get("ttl")}
    assert expiring == {("known_words", "claim_expires_at"), ("research_cache", "expires_at")}


def test_rules_let_nobody_in(emulator_host, place):
    """The emulator's own account is above the rules; so are servers' accounts in production."""
    rules = Path(__file__).parents[4] / "firestore.rules"
    assert put(emulator_host, place) == 200
    emulator = make_emulator()
    try:
        emulator.start(rules=rules)
        assert put(emulator.host, place) == 403
        assert put(emulator.host, place, {"Authorization": "Bearer owner"}) == 200
    finally:
        emulator.stop()


def put(host, place, headers=None):
    url = f"http://{host}/v1/{place.name}/documents/known_words/cat"
    return httpx.patch(url, json={"fields": {}}, headers=headers, timeout=20).status_code
