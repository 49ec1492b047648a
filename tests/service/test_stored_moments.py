"""The store's clock, not that of the process, judges what is compared with a moment of the store."""

from __future__ import annotations

import ast
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from contract_bookkeeping import details, leave_behind
from store_documents import ANN, job

from flows import stores
from flows.core.quota import QuotaLimits
from flows.knowledge import DAY_S, QuotaUsage, utc_now
from flows.models.chat.account import Quotas
from flows.settings import Settings
from flows.stores.memory import MemoryStore
from service import estimating
from service.api.routes import jobs as routes
from service.cli import job_list, remote, run, store_to_read
from service.cli.doctor import jobs as doctor
from service.cli.doctor import providers
from service.cli.following import follow
from service.cli.output.progress import SilentReporter
from service.cli.upkeep import prune
from service.live.relay import Relay
from service.metrics import Metrics
from service.stack import housekeeping

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SOON = pytest.approx(60, abs=5)
"""A minute, less what the test itself takes."""


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "behind"])
async def store(request):
    """A store whose clock differs from the process's by an hour."""
    async with MemoryStore(clock=lambda: utc_now() + request.param) as opened:
        yield opened


def running(store, **changes):
    now = store.now()
    about = {"status": "running", "attempt": 1, "started_at": now - MINUTE, "deadline_at": now + MINUTE}
    return job(ANN, **about | {"created_at": now - MINUTE, "updated_at": now} | changes)


@asynccontextmanager
async def left_open(store):
    yield store


@pytest.fixture
def opened_instead(monkeypatch, store):
    """Have a module open this store."""
    return lambda module: monkeypatch.setattr(module, "open_store", lambda *_, **__: left_open(store))


async def test_the_api_tells_the_time_that_is_left(store):
    facade = SimpleNamespace(
        store=store,
        orchestrator=SimpleNamespace(page_of=lambda _: ""),
        projector=SimpleNamespace(confirmed_at=lambda _: None, is_in_contact=True),
    )
    await store.put_job(running(store))
    (view,) = (await routes.read_jobs(facade)).items
    assert view.remaining_seconds == SOON


async def test_a_frame_tells_the_time_that_is_left_and_the_time_of_the_store(store):
    await store.put_job(running(store))
    relay = Relay(store, Metrics(), run_pages="", confirmed_at=lambda _: None, look_up=None)
    async with relay, relay.follow(ANN) as subscriber:
        frame = await anext(subscriber)
    assert frame.remaining_seconds == SOON
    assert abs(frame.sent_at - store.now()) < MINUTE


async def test_the_list_without_a_server_tells_the_time_that_is_left(store, monkeypatch, capsys):
    async def without_prefect(_store, *, within_s):
        return True

    monkeypatch.setattr("service.orchestration.projection.projector.catch_up", without_prefect)
    await store.put_job(running(store))
    shown = []
    monkeypatch.setattr(job_list, "_tell", lambda found, **_: shown.extend(found))
    await job_list.show_stored_jobs(store, job_list.JobsWanted(status=None, mode=None, limit=1, is_json=True))
    assert [view.remaining_seconds for view in shown] == [SOON]


async def test_a_display_of_a_job_in_another_process_counts_by_the_store(store):
    await store.put_job(running(store, status="completed", run_status="completed"))
    reporter = SilentReporter()
    await follow(store, ANN, reporter)
    assert abs(reporter.clock() - store.now()) < MINUTE


def test_a_display_of_a_servers_job_counts_by_the_server():
    sent_at = utc_now() + HOUR
    clock = remote._clock_of(SimpleNamespace(sent_at=sent_at))
    assert timedelta() <= clock() - sent_at < MINUTE


class FramesOnly(SilentReporter):
    """A display that takes frames and shows nothing."""

    def __call__(self, job, events):
        pass


async def test_a_display_counts_by_the_last_live_frame_of_the_server(monkeypatch):
    now = utc_now()
    frames = [(True, now - HOUR), (True, now + HOUR), (False, now - HOUR)]
    clocks = []

    async def watch(_job_id, *, from_start):
        for live, sent_at in frames:
            yield SimpleNamespace(live=live, sent_at=sent_at, prefect_url=None, events=())
            clocks.append(reporter.clock())

    reporter = FramesOnly()
    monkeypatch.setattr(remote, "choose_reporter", lambda **_: reporter)
    monkeypatch.setattr(remote, "tell_end", lambda *_, **__: None)
    monkeypatch.setattr(remote, "exit_code", lambda _: 0)
    await remote.watch_and_tell(SimpleNamespace(watch=watch), ANN, is_json=False, is_plain=True)
    expected = (now - HOUR, now + HOUR, now + HOUR)
    assert [abs(clock - at) < MINUTE for clock, at in zip(clocks, expected, strict=True)] == [True] * 3


@pytest.mark.parametrize(("silent_for", "state"), [(timedelta(), "ok"), (5 * MINUTE, "warn")])
async def test_the_doctor_tells_how_long_a_job_has_been_silent(store, silent_for, state):
    await store.put_job(running(store, updated_at=store.now() - silent_for))
    check = await doctor.open_jobs(store)
    assert check.state == state
    assert ("silent for 5 min" in check.finding) is (state == "warn")


async def spent(store, ago):
    """A day's quota of which half was used up so long ago."""
    settings = Settings(groq_api_key="gsk-0123456789", requests_per_day=1000, tokens_per_day=0)
    model = settings.write_models[0]
    await store.save_quota_usage(
        [QuotaUsage(model=model, window="day", started_at=store.now() - ago, requests=500, tokens=0)]
    )
    return settings, model


async def test_a_quota_that_is_remembered_has_refilled_by_the_stores_clock(store, opened_instead):
    settings, model = await spent(store, timedelta(seconds=DAY_S / 4))
    quotas = Quotas(QuotaLimits.named_by(settings), ())
    await quotas.recall([model], store)
    assert quotas.of(model).state.day_requests.level == pytest.approx(750, abs=1)
    assert await estimating._spent_today(store, settings) == (250, 0)
    opened_instead(store_to_read)
    (check,) = await providers._quotas(settings, [model])
    assert "750 of 1,000 requests" in check.finding


async def test_a_quota_is_saved_by_the_stores_clock(store):
    settings, model = await spent(store, timedelta())
    await Quotas(QuotaLimits.named_by(settings), ()).save([model], store)
    moments = [usage.started_at for usage in await store.quota_usage(model)]
    assert all(abs(moment - store.now()) < MINUTE for moment in moments)


DAYS = timedelta(days=14)


async def housekeeping_prunes(settings, store):
    await housekeeping._pass(settings, store, is_embedded=False)


async def command_prunes(_settings, _store):
    await prune.prune_and_tell(is_dry=False, is_json=False)


async def run_prunes(settings, _store):
    await run._tidy(settings)


@pytest.mark.parametrize("prunes", [housekeeping_prunes, command_prunes, run_prunes])
@pytest.mark.parametrize(("age", "is_kept"), [(DAYS - MINUTE, True), (DAYS + MINUTE, False)])
async def test_the_log_goes_when_it_is_old_by_the_stores_clock(store, opened_instead, prunes, age, is_kept):
    settings = Settings()
    opened_instead(store_to_read)
    opened_instead(stores)
    await leave_behind(store, finished_at=store.now() - age)
    due = await doctor.bookkeeping(settings, store)
    assert ("can be deleted" in due.finding) is not is_kept
    await prunes(settings, store)
    assert bool((await details(store))[2]) is is_kept


OWN_CLOCK = {
    "flows/knowledge/base.py": "defines utc_now",
    "flows/knowledge/__init__.py": "passes utc_now on",
    "flows/stores/__init__.py": "the clock of a store that is given none",
    "flows/stores/memory/store.py": "the same",
    "flows/stores/sqlite/store.py": "the same",
    "flows/stores/firestore/store.py": "the same",
    "flows/job/naming.py": "a run's name, which nobody compares",
    "flows/job/attempt.py": "a run of which Prefect tells no date, until its store is open",
    "flows/stages/troubles.py": "without a store; a job gives that of its store",
    "flows/models/limiter.py": "tells when a quota is back",
    "flows/models/chat/errors.py": "dates that a provider's answer names",
    "flows/models/chat/headers.py": "the same",
    "flows/sources/wikimedia/action_api.py": "the same",
    "flows/sources/wikimedia/wikipedia.py": "without a store; a job gives that of its store",
    "flows/sources/wikimedia/wiktionary.py": "the same",
    "flows/sources/lexicon.py": "the same",
    "flows/sources/scripted.py": "made-up evidence for tests and demonstrations",
    "service/orchestration/runs.py": "without a store; the server gives that of its store",
    "service/orchestration/pools.py": "the same",
    "service/api/middleware/access.py": "signed sessions, which no store holds",
    "service/stack/lifeline.py": "a file name that no other stack has",
    "service/cli/output/progress.py": "until the job's store or server is known",
    "service/cli/remote.py": "how far the server's clock is ahead",
}
"""Modules that read the process's own wall clock, and why."""


def reads_own_clock(tree):
    """Whether a module names the wall clock of its process."""
    names = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    last = {name.partition(".")[2] for name in names}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in last
            and ast.unparse(node).replace("datetime.datetime", "datetime") in names
        ):
            return True
        if isinstance(node, (ast.ImportFrom, ast.Import)):
            taken = {alias.name for alias in node.names}
            if "utc_now" in taken or (getattr(node, "module", "") == "time" and "time" in taken):
                return True
        if isinstance(node, ast.FunctionDef) and node.name == "utc_now":
            return True
    return False


def test_who_reads_the_clock_of_the_process_says_why(our_code):
    found = {file for file, tree in our_code.items() if reads_own_clock(tree)}
    assert found == OWN_CLOCK.keys()


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("from flows.knowledge import utc_now", True),
        ("from time import time", True),
        ("import time\ntime.time()", True),
        ("import time\ntime.monotonic()", False),
        ("from datetime import datetime\ndatetime.now(UTC)", True),
        ("now = store.now()", False),
    ],
)
def test_reading_the_clock_of_the_process(text, reads):
    assert reads_own_clock(ast.parse(text)) is reads
