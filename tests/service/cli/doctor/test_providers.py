"""What `learn doctor` says of the providers, against the world."""

import re

import pytest

from flows.knowledge import QuotaUsage, utc_now
from flows.settings import Settings
from flows.stores import open_store
from service.cli.doctor.doctor import as_json
from service.cli.doctor.providers import groq, wikimedia
from tests.world.faults import Fault
from tests.world.fixtures import make_world, world  # noqa: F401


@pytest.fixture
def configured(tmp_path, monkeypatch):
    def make(world, **changes):  # noqa: F811
        for name, value in {**world.environment, **changes}.items():
            monkeypatch.setenv(name, value)
        return Settings(home=tmp_path)

    return make


async def test_without_a_key_the_lexicon_writes_and_the_way_to_a_model_is_told(tmp_path):
    (check,) = await groq(Settings(home=tmp_path))
    assert (check.state, "use the lexicon" in check.finding) == ("ok", True)
    assert "GROQ_API_KEY" in check.remedy
    (check,) = await groq(Settings(home=tmp_path, model="groq"))
    assert check.state == "fail"


async def test_a_good_key_and_good_models_are_told_with_what_is_left_of_the_day(
    world,  # noqa: F811
    configured,
):
    settings = configured(world)
    async with open_store(settings.store) as store:
        await store.save_quota_usage(
            [
                QuotaUsage(
                    model=settings.write_models[0],
                    window="day",
                    started_at=utc_now(),
                    requests=100,
                    tokens=50_000,
                )
            ]
        )
    account, quota = await groq(settings)
    assert account.state == quota.state == "ok"
    assert "key accepted, openai/gpt-oss-120b" in account.finding
    # the day's tokens come back second by second
    assert re.search(r"900 of 1,000 requests and 150,0\d\d of 200,000 tokens", quota.finding)


async def test_a_refused_key_is_told_and_never_shown(world, configured):  # noqa: F811
    settings = configured(world, GROQ_API_KEY="gsk_planted-secret-1234567890")
    world.add(Fault(kind="unauthorized", route="models"))
    checks = await groq(settings)
    assert checks[0].state == "fail"
    assert "planted-secret" not in as_json(checks)


async def test_models_that_are_gone_are_named(world, configured):  # noqa: F811
    some = await groq(configured(world, LEARN_WRITE_MODELS="llama-3.3-70b-versatile,openai/gpt-oss-120b"))
    assert some[0].state == "warn"
    assert "not available: llama-3.3-70b-versatile" in some[0].finding
    none = await groq(
        configured(
            world, LEARN_WRITE_MODELS="llama-3.3-70b-versatile", LEARN_PROPOSE_MODELS="llama-3.1-8b-instant"
        )
    )
    assert none[0].state == "fail"
    assert "LEARN_WRITE_MODELS" in none[0].remedy


async def test_a_groq_that_is_away_is_told(configured, world, free_port):  # noqa: F811
    (check,) = await groq(configured(world, GROQ_BASE_URL=f"http://127.0.0.1:{free_port}"))
    assert check.state == "fail"
    assert "can't reach" in check.finding


async def test_wikis_that_answer_are_told(world, configured):  # noqa: F811
    settings = configured(world, WIKIMEDIA_CONTACT="ops@example.org")
    assert [(c.name, c.state) for c in await wikimedia(settings)] == [
        ("wikipedia", "ok"),
        ("wiktionary", "ok"),
    ]


async def test_without_a_contact_no_wiki_is_asked(tmp_path):
    (check,) = await wikimedia(Settings(home=tmp_path))
    assert check.state == "ok"
    assert "WIKIMEDIA_CONTACT" in check.remedy
    (check,) = await wikimedia(Settings(home=tmp_path, sources="wikipedia"))
    assert check.state == "warn"


async def test_a_wiki_that_is_away_is_told(world, configured, free_port):  # noqa: F811
    settings = configured(
        world,
        WIKIMEDIA_CONTACT="ops@example.org",
        LEARN_WIKIPEDIA_URL=f"http://127.0.0.1:{free_port}/w/api.php",
    )
    wikipedia, wiktionary = await wikimedia(settings)
    assert (wikipedia.state, wiktionary.state) == ("fail", "ok")
    assert "continue with the lexicon" in wikipedia.remedy
