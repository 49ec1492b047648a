"""What is the Firestore store's own: its ids, its sizes, its channels, and what it remembers."""

from __future__ import annotations

import pytest
import pytest_asyncio
from store_documents import ANN, BOB, START, batch, definition, entry, event, job, minutes, round_, words

from flows.core.identity.relatives import WordFacts
from flows.errors import InvalidInput, StaleAttempt
from flows.knowledge import CachedEvidence, Candidate, QuotaUsage, Verdict, Word
from flows.stores.firestore import FirestoreStore
from flows.stores.firestore.driver.queries import Query
from flows.stores.firestore.driver.writes import Write
from flows.stores.mending import MendRules, mend_store

LATER = START + minutes(10)


ODD = (
    "/",
    ".",
    "..",
    "__x__",
    "__",
    "a/b",
    "100%",
    "%2F",
    "per cent %",
    "it's",
    "naïve",
    "字",
    "🐈",
    "a b",
    "x" * 1500,
)


@pytest.fixture
def make(emulator_host, place, clock):
    def make_one(**options):
        return FirestoreStore(place, emulator=emulator_host, clock=clock, **options)

    return make_one


@pytest_asyncio.fixture
async def firestore(make):
    async with make() as opened:
        yield opened


async def claim(store, *keys, job_id=ANN, attempt=1, until=LATER):
    return await store.claim(words(*keys), job_id=job_id, attempt=attempt, until=until)


async def test_keys_that_cannot_be_ids_are_kept_all_the_same(firestore):
    taken = [Word(text=key, key=key) for key in ODD]
    assert (await firestore.claim(taken, job_id=ANN, attempt=1, until=LATER)).new == ODD
    assert sorted(word.key for word in await firestore.claims(ANN)) == sorted(ODD)
    await firestore.add_to_frontier({word: ["one"] for word in taken}, at=START)
    await firestore.save_evidence(
        [CachedEvidence(source="wikipedia", key=key, fetched_at=START, expires_at=LATER) for key in ODD[:-1]]
    )
    assert list(await firestore.cached_evidence("wikipedia", ODD)) == list(ODD[:-1])
    await firestore.save_definitions([definition(key) for key in ODD], job_id=ANN, attempt=1)
    await firestore.commit_batch(batch(*ODD), entries=[entry(key) for key in ODD])
    assert list(await firestore.known(ODD)) == list(ODD)
    assert await firestore.entries(ODD) == {key: entry(key) for key in ODD}
    assert [e.key async for e in firestore.export()] == sorted(ODD)
    assert (await firestore.frontier()).items == ()


@pytest.mark.parametrize("key", ["", "x" * 1501, "\ud800"])
async def test_nothing_is_known_of_a_key_that_no_document_can_have(firestore, key):
    assert await firestore.entry(key) is None
    assert await firestore.entries([key]) == {}
    assert await firestore.known([key]) == {}
    assert await firestore.cached_evidence("wikipedia", [key]) == {}


async def test_models_with_slashes_have_windows_of_their_own(firestore):
    usages = [
        QuotaUsage(model=model, window="day", started_at=START, requests=n)
        for n, model in enumerate(("a/b", "a", "b"))
    ]
    await firestore.save_quota_usage(usages)
    assert await firestore.quota_usage("a/b") == (usages[0],)


async def test_parameters_of_any_shape_come_back(firestore):
    odd = job(parameters={"": [[1, [2]], {"__x__": None}], "a.b": 2**70, "`": 1.5})
    await firestore.put_job(odd)
    assert await firestore.job(ANN) == odd


def large_round(*, text="x"):
    candidates = tuple(
        Candidate(text=f"{text}{n}", key=f"{text}{n}", verdict=Verdict.KNOWN, reason="Already known. " * 12)
        for n in range(12_000)
    )
    return round_().model_copy(update={"candidates": candidates})


async def test_round_over_a_document_in_size_comes_back_whole(firestore):
    large = large_round()
    assert len(large.model_dump_json()) > 2**21
    assert await firestore.save_round(large) is True
    assert await firestore.round(ANN, 1) == large
    assert await firestore.rounds(ANN) == (large,)
    assert await firestore.save_round(large_round(text="other ")) is False
    assert await firestore.round(ANN, 1) == large
    parts = await firestore._database.find(Query(collection="parts", parent=f"raw_training/{ANN}/rounds/1"))
    assert len(parts) == (await firestore._database.get_one(f"raw_training/{ANN}/rounds/1")).fields["parts"]


async def test_log_of_long_events_comes_back_in_order(firestore):
    events = [event(n, text=f"{n} " + "long " * 1_500) for n in range(1, 451)]
    for start in range(0, 450, 45):
        await firestore.append_log(ANN, events[start : start + 45])
    await firestore.append_log(ANN, [event(3, text="another"), event(451, text="new"), event(7, attempt=2)])
    log = [*await firestore.log(ANN)]
    while more := await firestore.log(ANN, after=(log[-1].attempt, log[-1].seq)):
        log += more
    assert log == [*events, event(451, text="new"), event(7, attempt=2)]
    for after, limit in (((1, 150), 10), ((1, 399), 200), ((1, 450), 1), ((0, 10**12), 3)):
        assert (
            list(await firestore.log(ANN, after=after, limit=limit))
            == [e for e in log if (e.attempt, e.seq) > after][:limit]
        )


async def test_log_of_long_events_is_read_from_its_end(firestore):
    # several parts a chunk, whose numbers interleave
    for start in (1, 226):
        for odd in (0, 1):
            numbers = range(start + odd, start + 225, 2)
            await firestore.append_log(ANN, [event(n, text=f"{n} " + "long " * 1_500) for n in numbers])
    await firestore.append_log(ANN, [event(7, attempt=2)])
    log = [event(n, text=f"{n} " + "long " * 1_500) for n in range(1, 451)] + [event(7, attempt=2)]
    back = [*await firestore.log_end(ANN)]
    while more := await firestore.log_end(ANN, before=(back[0].attempt, back[0].seq)):
        back = [*more, *back]
    assert back == log
    for before, limit in (((1, 150), 10), ((1, 401), 200), ((1, 402), 1), ((2, 7), 450), ((1, 1), 3)):
        wanted = [e for e in log if (e.attempt, e.seq) < before][-limit:]
        assert list(await firestore.log_end(ANN, before=before, limit=limit)) == wanted


async def test_log_that_another_store_went_on_with_has_each_number_once(make):
    async with make() as one, make() as two:
        await one.append_log(ANN, [event(1)])
        await two.append_log(ANN, [event(2, text="two"), event(1, text="two")])
        await one.append_log(ANN, [event(2, text="one"), event(3, text="one")])
        assert [e.text for e in await two.log(ANN)] == ["Something happened.", "two", "one"]


async def test_batch_too_large_for_one_commit_is_refused_and_changes_nothing(firestore):
    entries = [entry(f"w{n}", explanation="long " * 20_000) for n in range(45)]
    with pytest.raises(InvalidInput, match="fewer words"):
        await firestore.commit_batch(batch(*[e.key for e in entries]), entries=entries)
    assert await firestore.batches(ANN) == ()
    assert (await firestore.stats()).entries == 0


async def test_what_a_store_remembers_never_decides_when_it_is_out_of_date(make, clock):
    async with make() as one, make() as two:
        assert await one.taken(["cat", "dog", "emu"], job_id=ANN) == {}
        await claim(two, "cat", job_id=BOB)
        assert (await claim(one, "cat", "dog")).elsewhere == ("cat",)
        await two.release(["cat"], job_id=BOB, attempt=1)
        assert (await claim(one, "cat")).new == ("cat",)
        clock.now = LATER
        await claim(two, "dog", job_id=BOB, until=LATER + minutes(5))
        await one.release(["dog"], job_id=ANN, attempt=1)
        assert [word.key for word in await two.claims(BOB)] == ["dog"]
        await two.commit_batch(batch("emu", job_id=BOB), entries=[entry("emu", revision=3)])
        await one.commit_batch(batch("emu"), entries=[entry("emu", revision=2)])
        assert (await two.entry("emu")).revision == 3
        assert (await claim(one, "emu")).known == ("emu",)


async def test_batch_whose_words_changed_meanwhile_is_decided_anew(make):
    async with make() as one, make() as two:
        await claim(one, "cat", "dog")
        await two.save_definitions([definition("cat", at=START - minutes(1))], job_id=BOB, attempt=1)
        await two.commit_batch(
            batch("dog", job_id=BOB), entries=[entry("dog", definition="What came first.")]
        )
        assert await one.commit_batch(batch("cat", "dog"), entries=[entry("cat"), entry("dog")]) is True
        known = await two.known(["cat", "dog"])
        assert (known["cat"].depth, known["cat"].learned_at) == ("enriched", START - minutes(1))
        assert known["dog"].definition.text == "What came first."
        assert await one.claims(ANN) == ()


async def test_attempt_that_began_elsewhere_fences_a_store_that_has_not_heard_of_it(make):
    async with make() as one, make() as two:
        await one.begin_attempt(job())
        await claim(one, "cat", "dog")
        await one.save_definitions([definition("cat")], job_id=ANN, attempt=1)
        await two.begin_attempt(job())
        for write in (
            one.claim(words("emu"), job_id=ANN, attempt=1, until=LATER),
            one.release(["dog"], job_id=ANN, attempt=1),
            one.save_definitions([definition("dog")], job_id=ANN, attempt=1),
            one.commit_batch(batch("cat"), entries=[entry("cat")]),
            one.save_round(round_()),
            one.save_job(job(attempt=1)),
        ):
            with pytest.raises(StaleAttempt, match="attempt 2 has taken over"):
                await write
        assert [word.key for word in await two.claims(ANN)] == ["cat", "dog"]
        assert await two.entry("cat") is None
        assert await two.rounds(ANN) == await two.batches(ANN) == ()
        assert (await two.job(ANN)).attempt == 2


async def test_only_words_that_nobody_knows_may_expire(firestore):
    await claim(firestore, "cat", "dog")
    await firestore.save_definitions([definition("cat")], job_id=ANN, attempt=1)
    found = {
        path: snapshot.fields
        for path, snapshot in (await firestore._database.get(["known_words/cat", "known_words/dog"])).items()
    }
    assert found["known_words/dog"]["claim_expires_at"] == LATER
    assert "claim_expires_at" not in found["known_words/cat"]
    assert found["known_words/cat"]["state"] == "known"


async def test_words_of_before_get_their_graphical_key(firestore):
    await firestore.save_definitions([definition("café"), definition("tea")], job_id=ANN, attempt=1)
    without = Write(path="known_words/café", fields={}, only=("graphical",))
    await firestore._database.commit([without])
    assert await firestore.spelled_alike(["cafe"]) == {}
    assert [name.key for name in await firestore.names() if name.lacks_graphical] == ["café"]
    for _ in range(2):
        await firestore.index_graphical(["café", "tea", "gone"])
        assert await firestore.spelled_alike(["cafe"]) == {"cafe": ("café",)}
    assert not any(name.lacks_graphical for name in await firestore.names())
    assert (await firestore.known(["café"]))["café"].definition == definition("café")


async def test_mending_gives_words_of_before_their_graphical_key(firestore):
    await firestore.save_definitions([definition("café"), definition("naïve tea")], job_id=ANN, attempt=1)
    old = [Write(path=f"known_words/{key}", fields={}, only=("graphical",)) for key in ("café", "naïve tea")]
    await firestore._database.commit(old)
    rules = MendRules(
        facts=WordFacts(), mean_the_same=lambda *_: False, written=lambda _: {}, ranks=lambda _: {}
    )
    for is_dry_run, outcome in ((True, "planned"), (True, "planned"), (False, "done")):
        found = [m async for m in mend_store(firestore, rules, is_dry_run=is_dry_run, tell=lambda *_: None)]
        assert [(m.kind, m.outcome, m.count) for m in found] == [("indexed", outcome, 2)]
    assert [m async for m in mend_store(firestore, rules, is_dry_run=False, tell=lambda *_: None)] == []


async def test_totals_of_a_reader_are_kept_for_a_while(make):
    async with make(totals_kept_s=60) as reader, make(totals_kept_s=0) as eager, make() as writer:
        assert (await reader.stats()).known == 0
        await writer.save_definitions([definition("cat")], job_id=ANN, attempt=1)
        assert (await reader.stats()).known == 0
        assert (await eager.stats()).known == 1
        assert (await writer.stats()).known == 1
