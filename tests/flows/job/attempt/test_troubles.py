"""Every failed request of a provider is in the row, and told at the first one."""

import pytest

from flows.errors import (
    MalformedOutput,
    ModelUnavailable,
    RateLimited,
    Refused,
    RequestTooLarge,
    SourceRefused,
    SourceUnavailable,
)
from flows.sources.scripted import ScriptedSource
from tests.flows.job.parts import WORDS, Model


def failing(method, error, *calls):
    return lambda asked, call: error if asked == method and call in calls else None


async def problems(heart, job):
    return [line.text for line in await heart.store.log(job.job_id) if line.kind == "job.problem"]


@pytest.mark.parametrize("method", ["define", "enrich"])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelUnavailable("502 from upstream"), "unavailable"),
        (RateLimited("too fast"), "unavailable"),
        (MalformedOutput("no JSON"), "malformed"),
        (Refused("filtered"), "refused"),
        (RequestTooLarge("8,000 tokens"), "too_large"),
    ],
)
async def test_a_failed_request_that_a_retry_made_good_is_counted_and_told(heart, method, error, code):
    job = await heart.run(Model(WORDS, fault=failing(method, error, 1)), a_round=10, max_entries=20)
    assert job.counts.stored == 20
    [trouble] = job.troubles
    assert (trouble.provider, trouble.code, trouble.count) == ("scripted", code, 1)
    assert trouble.last_reason == str(error)
    assert trouble.since == trouble.last_at
    [told] = await problems(heart, job)
    assert "scripted" in told
    assert str(error) in told


async def test_a_proposal_that_failed_is_counted_and_told(heart):
    away = ModelUnavailable("502 from upstream")
    job = await heart.run(Model(WORDS, fault=failing("propose", away, 1)), a_round=10, max_entries=20)
    [trouble] = job.troubles
    assert (trouble.code, trouble.count, job.counts.stored) == ("unavailable", 1, 20)
    assert len(await problems(heart, job)) == 1


@pytest.mark.parametrize(
    ("error", "code", "calls", "count"),
    [
        # the second try within one proposal makes it good
        (MalformedOutput("prose"), "malformed", [1], 1),
        (Refused("filtered"), "refused", [1], 1),
        (RecursionError("too deep"), "unreadable", [1], 1),
        # both tries fail, and the proposal is asked for again
        (MalformedOutput("prose"), "malformed", [1, 2], 2),
    ],
)
async def test_a_request_that_failed_within_a_proposal_is_counted_and_told(heart, error, code, calls, count):
    job = await heart.run(Model(WORDS, fault=failing("propose", error, *calls)), a_round=10, max_entries=20)
    assert job.counts.stored == 20
    [trouble] = job.troubles
    assert (trouble.provider, trouble.code, trouble.count) == ("scripted", code, count)
    assert len(await problems(heart, job)) == 1


async def test_one_of_several_requests_of_a_round_that_failed_is_counted(heart):
    away = ModelUnavailable("502 from upstream")
    model = Model(WORDS, fault=failing("propose", away, 2))
    model.invents = True
    job = await heart.run(model, a_round=200, max_entries=20)
    assert model.calls["propose"] > 1
    [trouble] = job.troubles
    assert (trouble.code, trouble.count) == ("unavailable", 1)


async def test_the_first_is_told_and_all_are_counted(heart):
    heart.set(concurrency=1)
    away = ModelUnavailable("away")
    job = await heart.run(Model(fault=failing("define", away, 1, 2, 3)), words=WORDS[:10])
    [trouble] = job.troubles
    assert (trouble.count, trouble.last_at >= trouble.since) == (3, True)
    assert len(await problems(heart, job)) == 1


@pytest.mark.parametrize(
    ("error", "code", "count"),
    [(SourceUnavailable("down"), "unavailable", 3), (SourceRefused("no key"), "refused", 1)],
)
async def test_a_source_s_failures_are_counted_too(heart, error, code, count):
    heart.sources = (ScriptedSource({}, name="wikipedia", fault=lambda *_: error),)
    job = await heart.run(Model(), words=WORDS[:10])
    [trouble] = job.troubles
    assert (trouble.provider, trouble.code, trouble.count) == ("wikipedia", code, count)
    assert job.counts.stored == 10


async def test_a_job_without_trouble_has_none(heart):
    job = await heart.run(Model(), words=WORDS[:10])
    assert (job.troubles, await problems(heart, job)) == ((), [])


async def test_requests_that_fail_beside_others_that_succeed_are_counted(heart):
    away = ModelUnavailable("502 from upstream")
    model = Model(WORDS, fault=failing("propose", away, 2, 4, 5))
    model.invents = True
    job = await heart.run(model, a_round=10, max_entries=20)
    [trouble] = job.troubles
    assert (trouble.code, trouble.count, job.counts.stored) == ("unavailable", 3, 20)
