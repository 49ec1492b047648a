from __future__ import annotations

import itertools
import json
import sqlite3

import pytest
from emulator import a_place, is_at_hand, session_host, stop_session
from store_documents import ANN, BOB, START, batch, definition, entry, event, job, minutes, round_, words

from flows.errors import InvalidInput, LanguageMismatch, LearningError, StoreUnavailable
from flows.knowledge import Alias, CachedEvidence, QuotaUsage, Verdict, Word, utc_now
from flows.stores import open_store
from flows.stores.sqlite import SqliteStore
from service.cli.app import main
from service.cli.upkeep import copy as migration
from service.cli.upkeep.copy import copy_store
from service.cli.upkeep.store_counts import count

# where there is no emulator, tests/flows/stores says so once
STORES = ["memory", "sqlite", *(["firestore"] if is_at_hand() else [])]
_names = itertools.count()


@pytest.fixture(scope="session")
def emulator_host():
    yield session_host()
    stop_session()


@pytest.fixture
def url_of(tmp_path, request, monkeypatch):
    """URLs of new stores."""

    def make(kind):
        if kind == "firestore":
            monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue("emulator_host"))
            return a_place().url
        return {
            "memory": f"memory://migrate-{next(_names)}",
            "sqlite": f"sqlite:///{tmp_path}/store-{next(_names)}.db",
        }[kind]

    return make


async def fill(store, *, batches=3):
    """A little of everything that a store can hold, and more than a page of words."""
    await store.save_definitions([definition("left", at=START + minutes(3))], job_id=BOB, attempt=1)
    begun = await store.begin_attempt(job(parameters={"minutes": 2}))
    await store.save_round(round_(keys=[f"w{n}" for n in range(batches * 100)]))
    for number in range(1, batches + 1):
        keys = [f"w{number} {n:02}" for n in range(100)]
        await store.save_definitions([definition(key) for key in keys], job_id=ANN, attempt=1)
        entries = [
            entry(key, at=START + minutes(number), depth="deep" if number == 2 else "enriched")
            for key in keys[:90]
        ]
        await store.commit_batch(
            batch(*keys, number=number), entries=entries, definitions=[definition(key) for key in keys[90:]]
        )
        await store.append_log(ANN, [event(n, attempt=number, text=f"event {n}") for n in range(1, 301)])
    await store.claim(words("claimed"), job_id=ANN, attempt=1, until=utc_now() + minutes(10))
    await store.add_to_frontier(
        {Word(text=f"F{n}", key=f"f{n}"): ["zebra", f"w1 {n:02}"] for n in range(30)}, at=START
    )
    await store.put_aliases(
        [Alias(word="Left-Over", key="left-over", of="left", relation=Verdict.SPELLING_VARIANT)]
    )
    await store.save_quota_usage(
        [
            QuotaUsage(model="openai/gpt-oss-20b", window=window, started_at=START, tokens=5)
            for window in ("minute", "day")
        ]
    )
    expires = utc_now() + minutes(60)
    await store.save_evidence(
        [
            CachedEvidence(source=s, key=f"k{n}", fetched_at=START, expires_at=expires)
            for n in range(9)
            for s in ("a", "b")
        ]
    )
    await store.put_job(begun.model_copy(update={"status": "completed", "progress": 100, "attempt": 3}))
    await store.put_job(job(BOB, status="failed", created_at=START + minutes(1)))
    await store.request_stop(BOB)


async def everything(store):
    now = utc_now()
    listed = {
        "words": [word async for word in store.all_words()],
        "frontier": [word async for word in store.all_frontier()],
        "quota": [usage async for usage in store.all_quota_usage()],
        "evidence": [cached async for cached in store.all_evidence(at=now)],
        "stats": (await store.stats()).model_dump(),
    }
    for job_id in (ANN, BOB):
        listed[f"job {job_id}"] = (
            await store.job(job_id),
            await store.stop_requested(job_id),
            await store.rounds(job_id),
            await store.batches(job_id),
            await store.log(job_id, limit=10_000),
        )
    return listed


def move(source, target, home, tell=print):
    return copy_store(source, target, language="en", home=home, tell=tell)


@pytest.mark.parametrize(("origin", "goal"), list(itertools.product(STORES, STORES)))
async def test_everything_is_moved_from_any_store_to_any_other(url_of, tmp_path, origin, goal):
    source_url, target_url = url_of(origin), url_of(goal)
    async with open_store(source_url) as source:
        await fill(source)
        expected = await everything(source)
    moved = await move(source_url, target_url, tmp_path)
    assert moved.counts["words"] == 301
    assert moved.counts["entries"] == 270
    assert moved.counts["events"] == 900
    async with open_store(target_url) as target:
        assert await everything(target) == expected
        assert await target.claims(ANN) == ()


class Failing:
    """A store that fails at the n-th write, as a network does; everything else is the store's own."""

    def __init__(self, store, after):
        self._store, self._left = store, after

    def __getattr__(self, name):
        method = getattr(self._store, name)
        if not name.startswith(("put_", "save_", "commit_", "append_")):
            return method

        async def write(*args):
            self._left -= 1
            if self._left < 0:
                raise StoreUnavailable("told to fail")
            return await method(*args)

        return write

    async def __aenter__(self):
        await self._store.__aenter__()
        return self

    async def __aexit__(self, *exc):
        await self._store.__aexit__(*exc)


@pytest.mark.parametrize("after", [0, 1, 3, 4, 6, 9, 13])
async def test_interrupted_move_goes_on_where_it_was(url_of, tmp_path, monkeypatch, after):
    source_url, target_url = url_of("sqlite"), url_of("sqlite")
    async with open_store(source_url) as source:
        await fill(source)
        expected = await everything(source)
    with monkeypatch.context() as patched:
        patched.setattr(
            migration,
            "open_store",
            lambda url, **o: (
                open_store(url, **o) if url == source_url else Failing(open_store(url, **o), after)
            ),
        )
        with pytest.raises(StoreUnavailable):
            await move(source_url, target_url, tmp_path)
    written = []
    monkeypatch.setattr(migration, "MAX_PAGE", 10)
    put_words = SqliteStore.put_words

    async def noted(self, rows):
        written.extend(rows)
        await put_words(self, rows)

    monkeypatch.setattr(SqliteStore, "put_words", noted)
    await move(source_url, target_url, tmp_path)
    assert len(written) == {0: 301, 1: 101}.get(after, 0)
    async with open_store(target_url) as target:
        assert await everything(target) == expected
    assert list((tmp_path / "migrations").iterdir()) == []


async def test_target_that_holds_something_is_refused(url_of, tmp_path):
    source_url, target_url = url_of("memory"), url_of("sqlite")
    async with open_store(source_url) as source, open_store(target_url) as target:
        await fill(source)
        await target.save_job(job(BOB))
        with pytest.raises(InvalidInput, match="not empty"):
            await move(source_url, target_url, tmp_path)
        assert (await target.stats()).known == 0


async def test_empty_source_and_one_store_named_twice_are_refused(url_of, tmp_path):
    with pytest.raises(InvalidInput, match="empty"):
        await move("memory://migrate-nothing", url_of("memory"), tmp_path)
    with pytest.raises(InvalidInput, match="does not exist"):
        await move(url_of("sqlite"), url_of("memory"), tmp_path)
    assert list(tmp_path.glob("*.db")) == []
    with pytest.raises(InvalidInput, match="another"):
        await move("memory://one", "memory://one", tmp_path)


async def test_another_language_is_refused(url_of, tmp_path):
    source_url, target_url = url_of("memory"), url_of("sqlite")
    async with open_store(source_url) as source, open_store(target_url, language="de"):
        await fill(source)
        with pytest.raises(LanguageMismatch, match="LEARN_LANGUAGE"):
            await move(source_url, target_url, tmp_path)


async def test_counts_that_differ_at_the_end_are_told(url_of, tmp_path):
    source_url, target_url = url_of("sqlite"), url_of("sqlite")
    async with open_store(source_url) as source:
        await fill(source)

        def learn_more(_):
            """Stands for a job that goes on meanwhile."""
            with sqlite3.connect(source._database.path) as connection:
                connection.execute("INSERT OR IGNORE INTO frontier VALUES ('a', 'A', 1, '[\"cat\"]', 0)")
            connection.close()

        with pytest.raises(
            LearningError, match=r"frontier: 31 in the source, 30 in the target.*Run the command again"
        ):
            await move(source_url, target_url, tmp_path, tell=learn_more)
    moved = await move(source_url, target_url, tmp_path)
    assert moved.counts["frontier"] == 31


async def test_counting_sees_each_kind(url_of):
    async with open_store(url_of("memory")) as store:
        await fill(store)
        assert (await count(store, at=utc_now())).counts == {
            "words": 301,
            "entries": 270,
            "frontier": 30,
            "jobs": 2,
            "deep words": 90,
            "defined words": 31,
            "enriched words": 180,
            "aliases": 1,
            "rounds": 1,
            "batches": 3,
            "events": 900,
            "quota windows": 2,
            "cached answers": 18,
        }


def test_command_moves_and_says_what_there_is(url_of, tmp_path, monkeypatch, capsys):
    import asyncio

    source_url, target_url = url_of("sqlite"), url_of("sqlite")

    async def prepare():
        async with open_store(source_url) as source:
            await fill(source)

    asyncio.run(prepare())
    monkeypatch.setenv("LEARN_HOME", str(tmp_path / "home"))
    assert main(["migrate", "--from", source_url, "--to", target_url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 301
    assert main(["copy", "--from", source_url, "--to", target_url]) == 2
    assert "not empty" in capsys.readouterr().err
    monkeypatch.setenv("LEARN_STORE", source_url)
    other = url_of("sqlite")
    assert main(["copy", "--to", other]) == 0
    assert f"LEARN_STORE={other}" in capsys.readouterr().err.replace("\n", "")
