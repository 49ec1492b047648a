"""All stores do the same as memory, whatever several jobs do in whatever order."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from emulator import a_place
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_documents import ANN, BOB, EVE, START, batch, definition, entry, job, words

from flows.core.identity.doubles import merge
from flows.errors import StaleAttempt
from flows.knowledge import LearnedWord, Verdict
from flows.stores.firestore import FirestoreStore
from flows.stores.memory import MemoryStore
from flows.stores.sqlite import SqliteStore
from tests.thorough import amount

KEYS = ("a", "ab", "b", "c", "ç", "字")
JOBS = (ANN, BOB, EVE)
some_keys = st.lists(st.sampled_from(KEYS), max_size=8)
jobs = st.sampled_from(JOBS)
attempts = st.integers(1, 3)
depths = st.sampled_from(["defined", "enriched", "deep"])
belows = st.none() | depths


class TwoStores(RuleBasedStateMachine):
    """Each rule runs on both stores; results and refusals must be equal, and so must all that can be read."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.runner = asyncio.Runner()
        self.stores = [MemoryStore(clock=self.tell), self.make_other()]
        for store in self.stores:
            self.runner.run(store.__aenter__())
        self.batch_number = 0

    def teardown(self):
        for store in self.stores:
            self.runner.run(store.__aexit__(None, None, None))
        self.runner.close()

    def tell(self):
        return self.now

    def make_other(self):
        raise NotImplementedError

    def both(self, call):
        async def attempt(store):
            try:
                return await call(store)
            except StaleAttempt:
                return StaleAttempt

        expected, found = (self.runner.run(attempt(store)) for store in self.stores)
        assert found == expected
        return found

    @rule(keys=some_keys, job_id=jobs, attempt=attempts, lasts=st.integers(-1, 5), below=belows)
    def claim(self, keys, job_id, attempt, lasts, below):
        until = self.now + timedelta(seconds=lasts)
        result = self.both(
            lambda s: s.claim(words(*keys), job_id=job_id, attempt=attempt, until=until, below=below)
        )
        if result is not StaleAttempt:
            assert sorted((*result.new, *result.own, *result.known, *result.elsewhere)) == sorted(set(keys))

    @rule(keys=some_keys, job_id=jobs, attempt=attempts)
    def release(self, keys, job_id, attempt):
        self.both(lambda s: s.release(keys, job_id=job_id, attempt=attempt))

    @rule(job_id=jobs)
    def release_all(self, job_id):
        self.both(lambda s: s.release_all(job_id))

    @rule(
        keys=some_keys,
        job_id=jobs,
        attempt=attempts,
        text=st.sampled_from(["One meaning.", "Another meaning."]),
    )
    def save_definitions(self, keys, job_id, attempt, text):
        definitions = [definition(key, text=text, job_id=job_id, at=self.now) for key in keys]
        self.both(lambda s: s.save_definitions(definitions, job_id=job_id, attempt=attempt))

    @rule(
        outcomes=some_keys,
        learned=st.lists(st.tuples(st.sampled_from(KEYS), depths, st.integers(1, 3)), max_size=4),
        defined=some_keys,
        job_id=jobs,
        attempt=attempts,
        is_new=st.booleans(),
    )
    def commit_batch(self, outcomes, learned, defined, job_id, attempt, is_new):  # noqa: PLR0917
        self.batch_number += is_new or self.batch_number == 0
        row = batch(*outcomes, job_id=job_id, attempt=attempt, number=self.batch_number)
        entries = [
            entry(key, depth=depth, revision=revision, at=self.now, job_id=job_id)
            for key, depth, revision in learned
        ]
        definitions = [definition(key, at=self.now) for key in defined]
        self.both(lambda s: s.commit_batch(row, entries=entries, definitions=definitions))

    @rule(keys=some_keys, by=some_keys)
    def add_to_frontier(self, keys, by):
        self.both(lambda s: s.add_to_frontier(dict.fromkeys(words(*keys), by), at=self.now))

    @rule(job_id=jobs)
    def begin_attempt(self, job_id):
        self.both(lambda s: s.begin_attempt(job(job_id)))

    @rule(into=st.sampled_from(KEYS), key=st.sampled_from(KEYS), is_stale=st.booleans())
    def merge(self, into, key, is_stale):
        known, entries = (
            self.runner.run(self.stores[0].known(KEYS)),
            self.runner.run(self.stores[0].entries(KEYS)),
        )
        if into == key or into not in known or key not in known:
            return
        stays, goes = (LearnedWord(**dict(known[k]), entry=entries.get(k)) for k in (into, key))
        wanted = merge(stays, goes, relation=Verdict.SPELLING_VARIANT, word=into, at=self.now)
        if self.both(lambda s: s.merge(wanted)) and is_stale:
            assert not self.both(lambda s: s.merge(wanted))

    @rule(seconds=st.integers(1, 6))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.batch_number)
    @rule(query=st.sampled_from(["a", "ab", "c", "字"]), limit=st.integers(1, 3))
    def search_words(self, query, limit):
        begins = [
            [e.key for e in self.runner.run(s.search(query, limit=limit)).items if e.key.startswith(query)]
            for s in self.stores
        ]
        assert begins[0] == begins[1]

    @invariant()
    def all_that_can_be_read_is_equal(self):
        held = [key for job_id in JOBS for key in self.both(lambda s, j=job_id: s.claims(j))]
        assert len(held) == len({word.key for word in held})
        known = self.both(lambda s: s.known(KEYS))
        entries = self.both(lambda s: s.entries(KEYS))
        assert {key: e.depth for key, e in entries.items()} == {
            key: known[key].depth for key in entries if key in known
        }
        stats = self.both(lambda s: s.stats())
        assert (stats.known, stats.entries) == (len(known), len(entries))
        frontier = self.both(lambda s: s.frontier())
        assert not {item.key for item in frontier.items} & ({word.key for word in held} | set(known))
        aliases = self.both(lambda s: s.aliases(KEYS))
        assert not aliases.keys() & (known.keys() | {word.key for word in held})
        self.both(lambda s: s.names())
        self.both(lambda s: s.left_defined(limit=3))
        self.both(lambda s: s.search(limit=3))
        for below in (None, "deep"):
            self.both(lambda s, b=below: s.taken(KEYS, job_id=ANN, below=b))


class MemoryAndSqlite(TwoStores):
    def make_other(self):
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "store.db", clock=self.tell)

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


def test_sqlite_does_what_memory_does():
    run_state_machine_as_test(
        MemoryAndSqlite,
        settings=settings(max_examples=amount(25, thorough=120), stateful_step_count=40, deadline=None),
    )


@pytest.mark.timeout(600)
def test_firestore_does_what_memory_does(emulator_host):
    class MemoryAndFirestore(TwoStores):
        def make_other(self):
            return FirestoreStore(a_place(), emulator=emulator_host, clock=self.tell)

    run_state_machine_as_test(
        MemoryAndFirestore,
        settings=settings(max_examples=amount(6, thorough=24), stateful_step_count=25, deadline=None),
    )
