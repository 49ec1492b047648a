"""An account at Groq: one quota for all jobs, remembered across processes."""

import asyncio

import pytest
from groq_words import PROPOSE, WRITE, batch

from flows.errors import ConfigurationError
from flows.job.resources import open_resources, using
from flows.models.chat import account as groq_account
from flows.models.chat.account import open_groq
from flows.settings import Settings


async def test_two_jobs_of_one_process_share_one_quota(settings_of, store, make_world):
    settings = settings_of(make_world())
    async with open_groq(settings, store) as one, open_groq(settings, store) as other:
        await one.define(batch())
        spent = one._limiter_of(WRITE).spent
        assert other._limiter_of(WRITE).spent == spent
        assert other._limiter_of(PROPOSE) is not other._limiter_of(WRITE)


async def test_what_was_spent_is_remembered_by_the_next_process(settings_of, store, make_world, monkeypatch):
    settings = settings_of(make_world())
    async with open_groq(settings, store) as model:
        bill = (await model.define(batch())).usage
    stored = {usage.window: usage for usage in await store.quota_usage(WRITE)}
    used = bill.tokens_in + bill.tokens_out
    assert (stored["day"].requests, stored["minute"].tokens) == (1, pytest.approx(used, abs=60))
    groq_account._quotas.clear()  # as in a new process
    async with open_groq(settings, store) as model:
        left = model._limiter_of(WRITE).state.minute_tokens
        assert left.capacity - left.level == pytest.approx(used, abs=400)


async def test_what_was_spent_is_noted_while_the_job_runs(settings_of, store, make_world, monkeypatch):
    monkeypatch.setattr(groq_account, "SAVE_EVERY_S", 0.05)
    async with open_groq(settings_of(make_world()), store) as model:
        await model.define(batch())
        async with asyncio.timeout(5):
            while not any(usage.requests for usage in await store.quota_usage(WRITE)):
                await asyncio.sleep(0.02)


async def test_groq_without_a_key_says_where_to_get_one(store, tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"GROQ_API_KEY: LEARN_MODEL=groq.*https://console.groq.com/keys"
    ):
        async with open_groq(Settings(home=tmp_path, model="groq"), store):
            pass


async def test_resources_write_with_groq_where_there_is_a_key_and_with_the_lexicon_where_there_is_none(
    settings_of, store, make_world
):
    settings = settings_of(make_world())
    for given, name in (
        (settings, WRITE),
        (settings.model_copy(update={"groq_api_key": None}), "wordnet-3.1"),
    ):
        with using(settings=given, store=store, sources=[]):
            async with open_resources(store) as resources:
                assert resources.model.name == name


async def test_a_world_that_is_away_at_the_start_is_no_reason_to_give_up(groq_at, world):
    from tests.world.faults import Fault

    world.plan(Fault(kind="unavailable", route="models", times=1))
    model = await groq_at(world)
    assert (await model.define(batch())).model == WRITE
