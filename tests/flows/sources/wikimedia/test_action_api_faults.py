"""What the client of the Action API makes of refusals, silence and nonsense."""

import asyncio

import pytest
from odd_wiki import odd_wiki

from flows.errors import RateLimited, SourceRefused, SourceUnavailable
from flows.sources.wikimedia import action_api
from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.pace import Pace
from tests.flows.sources.wikimedia.action_api_pages import EXTRACTS
from tests.world.faults import Fault


@pytest.mark.parametrize(
    ("fault", "error", "waits"),
    [
        (Fault(kind="too_many", seconds=33), RateLimited, 33),
        (Fault(kind="maxlag", seconds=9), SourceUnavailable, 5),
        (Fault(kind="readonly"), SourceUnavailable, None),
        (Fault(kind="server_error"), SourceUnavailable, None),
        (Fault(kind="bad_gateway"), SourceUnavailable, None),
        (Fault(kind="unavailable", seconds=40), SourceUnavailable, 40),
        (Fault(kind="html"), SourceUnavailable, None),
        (Fault(kind="close"), SourceUnavailable, None),
        (Fault(kind="reset"), SourceUnavailable, None),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_what_passes_is_transient_and_says_how_long_to_wait(api, world, fault, error, waits):
    world.plan(fault)
    with pytest.raises(error, match="Wikipedia") as failed:
        await api.find(["gravity"])
    assert failed.value.retry_after_s == waits
    assert len(world.log("wikipedia")) == 1


@pytest.mark.parametrize("kind", ["hang", "drip"])
async def test_an_answer_that_does_not_come_is_given_up_in_time(world, pace, kind):
    world.plan(Fault(kind=kind, seconds=0.2))
    async with ActionApi(
        f"{world.url}/w/api.php", name="Wikipedia", contact="a@b.org", pace=pace, timeout_s=0.6
    ) as api:
        with pytest.raises(SourceUnavailable, match=r"did not answer within 0\.6 s"):
            await api.find(["gravity"], **EXTRACTS)


async def test_a_refusal_names_the_setting_to_change(api, world):
    world.plan(Fault(kind="forbidden"))
    with pytest.raises(SourceRefused, match="WIKIMEDIA_CONTACT"):
        await api.find(["gravity"])


async def test_an_address_that_is_no_action_api_is_named(pace):
    async with odd_wiki(
        lambda _: (301, {"Location": "https://elsewhere.example/w/api.php"}, b"moved")
    ) as api:
        with pytest.raises(SourceRefused, match=r"LEARN_WIKIPEDIA_URL.*301.*elsewhere\.example"):
            await api.find(["gravity"])
    async with odd_wiki(lambda _: (404, {}, b"nothing here"), name="Wiktionary") as api:
        with pytest.raises(SourceRefused, match=r"LEARN_WIKTIONARY_URL.*404"):
            await api.find(["gravity"])


async def test_nobody_listening_is_transient(free_port, pace):
    async with ActionApi(
        f"http://127.0.0.1:{free_port}/w/api.php", name="Wikipedia", contact="a@b.org", pace=pace
    ) as api:
        with pytest.raises(SourceUnavailable, match="Can't reach"):
            await api.find(["gravity"])


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("maxlag", SourceUnavailable),
        ("ratelimited", RateLimited),
        ("readonly", SourceUnavailable),
        ("internal_api_error_DBQueryError", SourceUnavailable),
        ("badvalue", SourceRefused),
        ("toomanyvalues", SourceRefused),
    ],
)
@pytest.mark.parametrize("is_new", [False, True])
async def test_errors_of_the_api_are_sorted_by_their_code_in_both_formats(code, error, is_new):
    told = (
        {"errors": [{"code": code, "text": "because"}]}
        if is_new
        else {"error": {"code": code, "info": "because"}}
    )
    async with odd_wiki(lambda _: told) as api:
        with pytest.raises(error, match=f"{code}: because"):
            await api.find(["gravity"])


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b'"text"',
        b'{"query": {"pages": "none"}}',
        b'{"query": {"pages": [{"ns": 0}]}}',
        b"\xff\xfe",
    ],
)
async def test_an_answer_of_another_shape_is_transient(body):
    async with odd_wiki(lambda _: body) as api:
        with pytest.raises(SourceUnavailable, match="did not answer with"):
            await api.find(["gravity"])


async def test_an_answer_without_a_query_finds_nothing():
    async with odd_wiki(lambda _: {"batchcomplete": True}) as api:
        assert await api.find(["gravity"]) == {}


async def test_an_answer_larger_than_the_api_gives_is_worker_stopping(monkeypatch):
    monkeypatch.setattr(action_api, "LARGEST_BODY", 10_000)
    async with odd_wiki(lambda _: b" " * 20_000) as api:
        with pytest.raises(SourceUnavailable, match="exceeds"):
            await api.find(["gravity"])


async def test_after_a_429_nobody_asks_until_the_time_is_over(make_world, pace):
    world = make_world()
    world.plan(Fault(kind="too_many", seconds=1, times=1))
    loop = asyncio.get_running_loop()
    async with ActionApi(f"{world.url}/w/api.php", name="Wikipedia", contact="a@b.org", pace=pace) as api:
        with pytest.raises(RateLimited):
            await api.find(["gravity"])
        began = loop.time()
        await asyncio.gather(*(api.find([title]) for title in ("gravity", "dog", "cat")))
        assert loop.time() - began >= 0.9
    assert world.statuses("wikipedia") == {429: 1, 200: 3}


async def test_a_long_pause_is_not_waited_for_but_told(api, world):
    world.plan(Fault(kind="too_many", seconds=120, times=1))
    with pytest.raises(RateLimited):
        await api.find(["gravity"])
    with pytest.raises(RateLimited) as failed:
        await api.find(["gravity"])
    assert 100 < failed.value.retry_after_s <= 120
    assert len(world.log("wikipedia")) == 1


async def test_a_lagging_wiki_does_not_hold_up_the_other_one(api, wiktionary, world):
    world.plan(Fault(kind="unavailable", route="wikipedia", seconds=60))
    with pytest.raises(SourceUnavailable):
        await api.find(["gravity"])
    with pytest.raises(RateLimited):
        await api.find(["gravity"])
    assert await wiktionary._api.find(["gravity"])


async def test_never_more_than_three_are_under_way_and_no_answer_is_429(make_world):
    world = make_world(latency=0.3)
    pace = Pace(per_minute=6000, at_once=3)
    async with (
        ActionApi(f"{world.url}/w/api.php", name="Wikipedia", contact="a@b.org", pace=pace) as one,
        ActionApi(
            f"{world.url}/wiktionary/w/api.php", name="Wiktionary", contact="a@b.org", pace=pace
        ) as other,
    ):
        await asyncio.gather(*(api.find([f"gravity{n}"]) for n in range(12) for api in (one, other)))
    assert world.statuses("wikipedia") == {200: 12}
    assert world.statuses("wiktionary") == {200: 12}


async def test_half_a_character_costs_itself_and_no_page():
    body = (
        b'{"query": {"pages": [{"ns": 0, "title": "Cat", "extract": "A cat \\ud83d sat."},'
        b' {"ns": 0, "title": "Dog", "extract": "A dog \\ud83d\\ude00 sat."}]}}'
    )
    async with odd_wiki(lambda _: body) as api:
        found = await api.find(["Cat", "Dog"])
    assert [found[title].page.extract for title in ("Cat", "Dog")] == ["A cat  sat.", "A dog 😀 sat."]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"query": ' * 50_000, b'{"a": "\xff\xfe"'])
async def test_nonsense_without_end_is_no_answer(body):
    async with odd_wiki(lambda _: body) as api:
        with pytest.raises(SourceUnavailable, match="did not answer with"):
            await api.find(["Cat"])
