"""What the Firestore store does when the wire or the server fails: bounded time, nothing lost, nothing
twice.
"""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from emulator import make_emulator
from store_documents import ANN, BOB, START, batch, definition, entry, event, job, minutes, round_, words
from wire import a_wire_to

from flows.errors import StoreUnavailable
from flows.knowledge import ClaimResult, Word
from flows.stores.firestore import FirestoreStore
from flows.stores.firestore.driver.database import FirestoreDatabase

LATER = START + minutes(10)
PATIENCE_S = 2.0


@pytest_asyncio.fixture
async def wire(emulator_host):
    async with a_wire_to(emulator_host) as opened:
        yield opened


class Armed(FirestoreDatabase):
    """A database whose next commit, once it is armed, is done and its answer lost."""

    def __init__(self, wire, place):
        super().__init__(place, emulator=wire.host)
        self._wire = wire
        self.is_armed = False

    async def commit(self, writes):
        if self.is_armed:
            self.is_armed = False
            self._wire.loses_answer = True
        return await super().commit(writes)


@pytest.fixture
def through(wire, place, clock):
    """Makes stores that reach the emulator through the wire."""

    def make(**options):
        return FirestoreStore(place, emulator=wire.host, clock=clock, **options)

    return make


@pytest_asyncio.fixture
async def losing(wire, place, through):
    """A store with an armed database."""
    store = through()
    store._database = Armed(wire, place)
    async with store:
        yield store


async def claim(store, *keys, job_id=ANN):
    return await store.claim(words(*keys), job_id=job_id, attempt=1, until=LATER)


async def test_claim_whose_answer_got_lost_is_its_own(wire, losing):
    await losing.begin_attempt(job())
    losing._database.is_armed = True
    assert await claim(losing, "cat", "dog") == ClaimResult(new=("cat", "dog"))
    assert wire.lost_answers >= 1
    assert [word.key for word in await losing.claims(ANN)] == ["cat", "dog"]
    assert (await claim(losing, "cat", job_id=BOB)).elsewhere == ("cat",)


async def test_claim_that_another_job_was_quicker_with_is_not_taken_for_ones_own(wire, losing, through):
    async with through() as other:
        assert await losing.taken(["cat", "dog"], job_id=ANN) == {}
        await claim(other, "cat", job_id=BOB)
        losing._database.is_armed = True
        assert await claim(losing, "cat", "dog") == ClaimResult(new=("dog",), elsewhere=("cat",))
        assert wire.lost_answers >= 1


async def test_an_attempt_whose_answer_got_lost_has_begun_once(wire, losing):
    await losing.begin_attempt(job())
    losing._database.is_armed = True
    assert (await losing.begin_attempt(job())).attempt == 2
    assert wire.lost_answers >= 1


async def test_lines_whose_answer_got_lost_are_stored_once_with_their_row(wire, losing, through):
    begun = await losing.begin_attempt(job())
    lines = [event(0).model_copy(update={"id": f"1.{n}"}) for n in (1, 2)]
    losing._database.is_armed = True
    saved = await losing.save_job(begun.model_copy(update={"progress": 5}), lines)
    assert wire.lost_answers >= 1
    assert saved.job.progress == 5
    async with through() as store:
        assert [(each.seq, each.id) for each in await store.log(ANN)] == [(1, "1.1"), (2, "1.2")]
        assert (await store.job(ANN)).progress == 5


@pytest.mark.parametrize(
    ("write", "answer"),
    [
        (lambda s: s.save_round(round_()), True),
        (lambda s: s.commit_batch(batch("cat"), entries=[entry("cat")]), True),
        (lambda s: s.put_job(job(attempt=1, progress=5)), None),
        (lambda s: s.append_log(ANN, [event(1), event(2)]), None),
        (lambda s: s.save_definitions([definition("cat")], job_id=ANN, attempt=1), None),
        (lambda s: s.add_to_frontier({Word(text="Pet", key="pet"): ["cat"]}, at=START), None),
        (lambda s: s.release_all(ANN), 2),
    ],
)
async def test_write_whose_answer_got_lost_is_done_once_and_says_so(wire, losing, through, write, answer):
    begun = await losing.begin_attempt(job())
    await claim(losing, "cat", "dog")
    losing._database.is_armed = True
    assert await write(losing) == answer
    assert wire.lost_answers >= 1
    async with through() as store:
        found = (
            await store.rounds(ANN),
            await store.batches(ANN),
            await store.job(ANN),
            await store.log(ANN),
            list(await store.known(["cat"])),
            (await store.frontier()).items,
            [word.key for word in await store.claims(ANN)],
        )
    before = ((), (), begun, (), [], (), ["cat", "dog"])
    assert sum(a != b for a, b in zip(before, found, strict=True)) in {1, 3}
    assert len(found[0]) <= 1
    assert len(found[1]) <= 1
    assert len(found[3]) in {0, 2}


async def test_store_that_is_out_of_reach_says_so_in_bounded_time(wire, through):
    async with through(patience_s=PATIENCE_S) as store:
        await wire.cut()
        started = asyncio.get_running_loop().time()
        with pytest.raises(StoreUnavailable, match="firestore://demo-"):
            await claim(store, "cat")
        with pytest.raises(StoreUnavailable):
            await store.job(ANN)
        with pytest.raises(StoreUnavailable):
            await store.jobs()
        assert asyncio.get_running_loop().time() - started < 10 * PATIENCE_S


async def test_store_that_never_answers_is_given_up_in_bounded_time(wire, through):
    async with through(call_s=0.3, patience_s=PATIENCE_S) as store:
        wire.is_stalled = True
        started = asyncio.get_running_loop().time()
        with pytest.raises(StoreUnavailable):
            await store.save_round(round_())
        assert asyncio.get_running_loop().time() - started < 10 * PATIENCE_S
        wire.is_stalled = False
        await eventually(lambda: store.save_round(round_()))
        assert len(await store.rounds(ANN)) == 1


async def test_opening_a_store_that_is_out_of_reach_says_so(wire, through):
    await wire.cut()
    with pytest.raises(StoreUnavailable):
        async with through(patience_s=PATIENCE_S):
            pass


async def eventually(call, *, for_s=20):
    """Repeat a call after a transient error, as a stage task does."""
    deadline = asyncio.get_running_loop().time() + for_s
    while True:
        try:
            return await call()
        except StoreUnavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)


async def test_batches_committed_through_an_outage_are_all_stored_once(wire, through):
    refused = 0

    async def work(store, number):
        nonlocal refused
        keys = [f"w{number} {n}" for n in range(5)]
        row, entries = batch(*keys, number=number), [entry(key) for key in keys]
        while True:
            try:
                await claim(store, *keys)
                await store.save_definitions([definition(key) for key in keys], job_id=ANN, attempt=1)
                return await store.commit_batch(row, entries=entries)
            except StoreUnavailable:
                refused += 1
                await asyncio.sleep(0.05)

    async with through(call_s=0.5, patience_s=0.5) as store:
        await store.begin_attempt(job())
        at_work = [asyncio.create_task(work(store, number)) for number in range(1, 21)]
        await asyncio.sleep(0.02)
        await wire.cut()
        await asyncio.sleep(2.5)
        await wire.open()
        await asyncio.wait_for(asyncio.gather(*at_work), 60)
        assert refused > 0
        assert [b.number for b in await store.batches(ANN)] == list(range(1, 21))
        assert len([e async for e in store.export()]) == 100
        stats = await store.stats()
        assert (stats.known, stats.entries) == (100, 100)
        assert await store.claims(ANN) == ()


async def test_cancelled_batch_is_stored_whole_or_not_at_all(through):
    async with through() as store:
        for number in range(1, 25):
            keys = [f"w{number} {n}" for n in range(20)]
            working = asyncio.create_task(
                store.commit_batch(batch(*keys, number=number), entries=[entry(key) for key in keys])
            )
            await asyncio.sleep(number * 0.001)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        await asyncio.sleep(0.3)
        stored = {row.number for row in await store.batches(ANN)}
        for number in range(1, 25):
            found = await store.entries([f"w{number} {n}" for n in range(20)])
            assert len(found) == (20 if number in stored else 0)


@pytest.mark.timeout(170)
async def test_emulator_that_was_killed_and_started_again_is_used_again(emulator_host, place, clock):
    emulator = make_emulator()
    await asyncio.to_thread(emulator.start)
    try:
        async with FirestoreStore(place, emulator=emulator.host, patience_s=60):
            """A cold emulator takes its time for the first calls."""
        async with FirestoreStore(place, emulator=emulator.host, clock=clock, patience_s=PATIENCE_S) as store:
            await eventually(lambda: store.begin_attempt(job()))
            await eventually(lambda: claim(store, "cat"))
            await asyncio.to_thread(emulator.stop)
            with pytest.raises(StoreUnavailable):
                await store.save_job(job(attempt=1))
            await asyncio.to_thread(emulator.start)
            # all that it held is gone, and what the store remembers of it with it
            await eventually(lambda: store.save_job(job(attempt=1)), for_s=60)
            assert "cat" in (await eventually(lambda: claim(store, "cat"), for_s=60)).held
            await eventually(lambda: store.commit_batch(batch("cat"), entries=[entry("cat")]), for_s=60)
            assert await eventually(lambda: store.entry("cat"), for_s=60) == entry("cat")
    finally:
        await asyncio.to_thread(emulator.stop)
