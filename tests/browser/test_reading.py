"""Reading: addresses that hold what was chosen, keys, and what is not there."""

from __future__ import annotations

import math
import re
from itertools import product

import httpx
import pytest
from house import wait_for
from pages import start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
APART_PX = 30
"""A word that is this far from every other one lies under none."""


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has learned 60 words, and is over."""
    from pages import job

    job_id = start_big(stack.url, minutes=1, max_entries=60)
    return wait_for(lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 60)


def test_going_back_finds_the_filters_as_they_were(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    page.get_by_role("list", name="Categories").get_by_role("link").first.click()
    chosen = page.get_by_role("list", name="Categories").locator("[aria-current]")
    expect(chosen).to_have_count(1)
    category = chosen.inner_text()
    page.get_by_label("Search").fill("a")
    link = page.get_by_role("region", name="Entries").get_by_role("link").first
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_text("Written by")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Search")).to_have_value("a")
    assert chosen.inner_text() == category
    page.go_back()
    expect(chosen).to_have_count(0)


def test_an_address_opens_what_it_names(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/jobs/{learned['job_id']}?log=rounds&round=1&verdict=accepted")
    expect(page.get_by_label("Kind of event")).to_have_value("rounds")
    expect(page.heading("Round 1", exact=True)).to_be_visible()
    candidates = page.get_by_role("region", name="Candidates in round 1").get_by_role("listitem")
    expect(candidates.first).to_contain_text("accepted")
    page.reload()
    expect(page.heading("Round 1", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("#/jobs/0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11", "Job not found."),
        ("#/jobs/no-such-id", "Job not found."),
        ("#/entries/qwertyuiop", "Not learned yet."),
        ("#/nowhere/at/all", "This page doesn't exist."),
        ("#/knowledge?q=qwertyuiop", "No matching entries."),
        ("#/jobs?status=failed&mode=deep&since=1", "No matching jobs."),
    ],
)
def test_what_is_not_there_is_said(stack, learned, open_page, place, text):
    open_page(f"{stack.url}/{place}").sees(text)


def test_all_is_reached_by_keys(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    expect(page.get_by_role("region", name="Entries").get_by_role("link").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.get_by_role("region", name="Entries").get_by_role("link").first
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.sees("Written by")


def test_a_job_is_started_and_stopped_by_keys_alone(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    page.get_by_label("Minutes").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.heading("Any topic", level=1)).to_be_visible()
    stop = page.get_by_role("button", name="Stop Any topic")
    status(page, "running")
    stop.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Stop now")).to_be_focused()
    page.keyboard.press("Enter")
    status(page, "cancelled")


def test_a_schedule_is_resumed_and_paused(stack, open_page):
    page = open_page(f"{stack.url}/#/schedules")
    page.get_by_role("button", name="Resume nightly").click()
    expect(page.get_by_role("button", name="Pause nightly")).to_be_visible()
    page.get_by_role("button", name="Pause nightly").click()
    expect(page.get_by_role("button", name="Resume nightly")).to_be_visible()
    assert {s["active"] for s in stack.prefect("deployments/name/big-learning/big")["schedules"]} == {False}


def around(url, word, steps=1):
    """The words within so many steps, and whether each was learned."""
    nodes = (
        httpx.get(f"{url}/graph/{word}", params={"depth": steps, "limit": 500}, timeout=30)
        .raise_for_status()
        .json()["nodes"]
    )
    return {node["word"]: node["depth"] is not None for node in nodes}


def those_that_grow(url):
    """Words that were learned, each with its learned neighbours that have neighbours of their own."""
    for entry in httpx.get(f"{url}/knowledge", params={"limit": 200}, timeout=30).json()["items"]:
        near = around(url, entry["word"])
        growing = [
            word
            for word, is_learned in near.items()
            if is_learned and word != entry["word"] and set(around(url, word)) - set(near)
        ]
        if growing:
            yield entry["word"], growing


def point_at(page, word):
    """Where the picture shows a word of its list, in pixels from the picture's corner."""
    page.get_by_role("link", name=word, exact=True).last.hover()
    mark = page.locator("[data-mark]").bounding_box()
    canvas = page.locator("canvas").bounding_box()
    return mark["x"] + mark["width"] / 2 - canvas["x"], mark["y"] + mark["height"] / 2 - canvas["y"]


def standing(page, word):
    """Where a word is, once the picture stands still."""
    found = []
    wait_for(
        lambda: (found.append(point_at(page, word)), len(found) > 1 and math.dist(*found[-2:]) < 1)[1],
        20,
        "a graph that stands still",
    )
    return found[-1]


def graph_with_free_word(stack, open_page):
    """A page with a graph that stands still, its word, and a neighbour that grows and lies under no other
    word; with the places of all words.
    """
    for word, growing in those_that_grow(stack.url):
        page = open_page(f"{stack.url}/#/entries/{word}")
        expect(page.locator("canvas").first).to_be_visible()
        page.locator("summary", has_text="in the graph").click()
        standing(page, word)
        places = {each: point_at(page, each) for each in around(stack.url, word)}
        for neighbour in growing:
            others = (place for each, place in places.items() if each != neighbour)
            if min(math.dist(places[neighbour], place) for place in others) > APART_PX:
                return page, word, neighbour, places
        page.close()
    raise AssertionError("nothing that was learned leads further, or it lies under other words")


def empty_spot(page, places):
    """The place in the picture that is farthest from every word, with room to be dragged from."""
    box = page.locator("canvas").bounding_box()
    spots = product(range(10, int(box["width"]) - 60, 20), range(10, int(box["height"]) - 40, 20))
    return max(spots, key=lambda spot: min(math.dist(spot, place) for place in places.values()))


def size(graph):
    return int(re.search(r"\d+", graph.get_attribute("aria-label"))[0])


def test_the_graph_grows_by_a_click_and_by_a_key(stack, learned, open_page):
    page, word, neighbour, _ = graph_with_free_word(stack, open_page)
    graph = page.get_by_role("img", name="Graph of")
    listed = page.locator("summary", has_text="in the graph")
    before = len(around(stack.url, word))
    assert size(graph) == before
    x, y = point_at(page, neighbour)
    box = page.locator("canvas").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)
    after = len(set(around(stack.url, word)) | set(around(stack.url, neighbour)))
    wait_for(lambda: size(graph) == after > before, 20, "a graph that has grown")
    page.get_by_role("button", name="Expand graph").press("Enter")
    wait_for(lambda: size(graph) >= len(around(stack.url, word, 2)), 20, "a wider graph")
    expect(listed).to_have_text(f"{size(graph):,} words in the graph")


def test_the_graph_is_moved_and_enlarged(stack, learned, open_page):
    page, word, neighbour, places = graph_with_free_word(stack, open_page)
    canvas = page.locator("canvas")

    def apart():
        """The distance from the word to its neighbour, and the word's own place."""
        at, to = point_at(page, word), point_at(page, neighbour)
        return math.dist(at, to), at

    distance, place = apart()
    x, y = empty_spot(page, places)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 40, box["y"] + y + 20, steps=5)
    page.mouse.up()
    assert math.dist(apart()[1], (place[0] + 40, place[1] + 20)) < 2
    canvas.hover(position={"x": 100, "y": 100})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    assert 1.9 < apart()[0] / distance < 2.1
    page.get_by_role("button", name="Zoom out").press("Enter")
    assert 1.2 < apart()[0] / distance < 1.4
    page.get_by_role("button", name="Show all").press("Enter")
    assert math.dist(apart()[1], place) < 2
    canvas.hover(position={"x": 100, "y": 100})
    page.mouse.wheel(0, -2_000)
    wait_for(lambda: page.evaluate("scrollY") == 0, 5, "a wheel that turns the page")
    assert math.dist(apart()[1], place) < 2


def test_export_hands_out_what_was_learned(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    with page.page.expect_download() as download:
        page.get_by_role("link", name="JSON Lines").click()
    assert download.value.suggested_filename == "knowledge.jsonl"
    known = httpx.get(f"{stack.url}/knowledge/stats").raise_for_status().json()["known"]
    assert len(download.value.path().read_text().splitlines()) == known
