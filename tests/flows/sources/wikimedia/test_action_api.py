"""The client of the Action API on real sockets: politeness, faults, continuations, titles of all kinds."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from odd_wiki import odd_wiki

from flows.errors import ConfigurationError, InvalidInput, SourceUnavailable
from flows.sources.wikimedia import action_api
from flows.sources.wikimedia.action_api import ActionApi, retry_after_s
from flows.sources.wikimedia.pace import Pace
from flows.sources.wikimedia.wiki import cite, may_be_title
from tests.flows.sources.wikimedia.action_api_pages import EXTRACTS
from tests.world.faults import Fault

PHOTOSYNTHESIS = {
    "pageid": 1,
    "ns": 0,
    "title": "Photosynthesis",
    "extract": "Photosynthesis is a process.",
    "lastrevid": 7,
}


async def test_it_names_the_operator_and_asks_as_the_etiquette_wants(api, world):
    await api.find(["gravity"], **EXTRACTS)
    (record,) = world.log("wikipedia")
    assert "tests@example.org" in record["agent"]
    assert record["agent"].startswith("learning-pipeline/")
    async with odd_wiki(lambda _: {"query": {"pages": [PHOTOSYNTHESIS]}}) as odd:
        await odd.find(["Photosynthesis"])
        ((method, parameters, headers),) = odd.asked
    assert method == "GET"
    assert (parameters["maxlag"], parameters["formatversion"], parameters["redirects"]) == ("5", "2", "1")
    assert headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("contact", ["", "  ", "nobody", "me@exam\nple.org", "mé@example.org"])
def test_a_contact_that_cannot_be_reached_is_refused_before_anything_is_sent(contact):
    with pytest.raises(ConfigurationError, match="WIKIMEDIA_CONTACT"):
        ActionApi(
            "http://127.0.0.1:9/", name="Wikipedia", contact=contact, pace=Pace(per_minute=60, at_once=1)
        )


async def test_a_web_address_is_a_contact(world, pace):
    async with ActionApi(
        f"{world.url}/w/api.php", name="Wikipedia", contact="https://example.org/learning", pace=pace
    ) as api:
        await api.find(["gravity"])
    assert world.statuses("wikipedia") == {200: 1}


async def test_fifty_titles_are_one_request_and_more_are_refused(api, world):
    titles = [f"zzq{n}" for n in range(51)]
    assert await api.find(titles[:50]) == {}
    assert len(world.log("wikipedia")) == 1
    with pytest.raises(InvalidInput, match="titles"):
        await api.find(titles)


async def test_no_title_is_no_request(api, world):
    assert await api.find([]) == {}
    assert await api.find(["C#", "a|b", "<b>", "_", " ", "x" * 300]) == {}
    assert world.log("wikipedia") == []


async def test_a_long_query_is_posted(api, world):
    titles = [f"{chr(0x4E00 + n)}" * 80 for n in range(50)]
    assert await api.find([*titles[:-1], "automobile"]) != {}
    assert world.statuses("wikipedia") == {200: 1}
    async with odd_wiki(lambda _: {"query": {"pages": [PHOTOSYNTHESIS]}}) as odd:
        assert await odd.find([*titles[:-1], "Photosynthesis"])
        assert odd.asked[0][0] == "POST"


async def test_continuations_are_merged_page_by_page(make_world, pace):
    world = make_world(page_share=3)
    titles = [chr(97 + a) + "at" for a in range(26)] + [
        "house",
        "tree",
        "river",
        "stone",
        "bird",
        "fish",
        "flower",
        "mountain",
        "forest",
        "ocean",
    ]
    async with ActionApi(f"{world.url}/w/api.php", name="Wikipedia", contact="a@b.org", pace=pace) as api:
        found = await api.find(titles, **EXTRACTS)
    assert len({item.page.title for item in found.values()}) > 20
    assert all(
        item.page.extract and item.page.canonicalurl and item.page.lastrevid for item in found.values()
    )
    assert world.statuses("wikipedia") == {200: 2}


async def test_a_continuation_without_an_end_is_given_up():
    async with odd_wiki(
        lambda _: {"continue": {"excontinue": 20, "continue": "||"}, "query": {"pages": []}}
    ) as api:
        with pytest.raises(SourceUnavailable, match="same continuation"):
            await api.find(["x"])
        assert len(api.asked) == 2
    counter = iter(range(1000))
    async with odd_wiki(lambda _: {"continue": {"excontinue": next(counter)}, "query": {"pages": []}}) as api:
        await api.find(["x"])
        assert len(api.asked) == action_api.MOST_CONTINUATIONS


async def test_missing_invalid_and_foreign_titles_are_absent(api, world):
    found = await api.find(
        ["Zzqxv", "de:Hund", "File:Cat.jpg", "Talk:Cat", ":automobile", "Category:", "automobile"]
    )
    assert set(found) == {"automobile"}
    assert world.statuses("wikipedia") == {200: 1}


@pytest.mark.parametrize(
    "title", ["C#", "a|b", "[bad]", "{{x}}", "<b>", "a\x1fb", "a\nb", ":x", "~~~", "", "é" * 128]
)
def test_what_no_page_can_be_called_is_not_asked_for(title):
    assert not may_be_title(title)


@pytest.mark.parametrize(
    "title",
    [
        "AT&T",
        "rock 'n' roll",
        "100%",
        "C++",
        "either/or",
        "Cézanne",
        "50 % off?",
        "a=b&titles=c",
        "日本",
        "co-operate",
    ],
)
async def test_titles_with_characters_that_addresses_escape_arrive_whole(api, world, title):
    assert may_be_title(title)
    await api.find([title])
    assert world.log("wikipedia")[0]["words"] == [title]


async def test_two_titles_that_land_on_one_page_both_find_it(api):
    found = await api.find(["automobile", "Automobile", "AUTOMOBILE"], **EXTRACTS)
    assert {title: item.page.title for title, item in found.items()} == dict.fromkeys(
        ("automobile", "Automobile", "AUTOMOBILE"), "Automobile"
    )
    assert not found["automobile"].is_redirected
    assert found["AUTOMOBILE"].is_redirected


async def test_a_redirect_loop_ends_and_takes_only_its_own_word(api, world):
    world.plan(Fault(kind="redirect_loop", word="turkey"))
    assert set(await api.find(["turkey", "automobile"])) == {"automobile"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("2.5", 2.5), ("", None), ("soon", None), ("-3", None), ("1e9", None), ("99999999999", None)],
)
def test_retry_after_in_seconds(text, seconds):
    assert retry_after_s({"retry-after": text}) == seconds


def test_retry_after_as_a_date():
    moment = datetime.now(UTC) + timedelta(seconds=30)
    assert 25 < retry_after_s({"retry-after": format_datetime(moment, usegmt=True)}) <= 30
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}) == 0
    assert 25 < retry_after_s({"retry-after": str(int(moment.timestamp()))}) <= 30
    assert retry_after_s({"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}) is None
    assert retry_after_s({"retry-after": "Wed, 21 Oct 9999 23:59:59 -1200"}) is None


async def test_a_citation_is_complete_even_where_the_wiki_leaves_its_address_out(api):
    (found,) = (await api.find(["automobile"], **EXTRACTS)).values()
    now = datetime.now(UTC)
    citation = cite(found.page, source="Wikipedia", quote_="A car.", now=now, fallback_url=api.pages_url)
    assert (citation.title, citation.url) == ("Automobile", "https://en.wikipedia.org/wiki/Automobile")
    assert citation.revision == str(found.page.lastrevid)
    assert (citation.licence, citation.licence_url) == (
        "CC BY-SA 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    )
    assert citation.retrieved_at == now
    bare = found.page.model_copy(update={"canonicalurl": "javascript:alert(1)", "title": "Black hole"})
    assert (
        cite(bare, source="W", quote_="", now=now, fallback_url=api.pages_url).url
        == f"{api.pages_url}Black_hole"
    )
