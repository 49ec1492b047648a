"""Places that one comes back to, and what is new in them."""

from __future__ import annotations

import re

import httpx
import pytest
from house import wait_for
from pages import big_job, job, start_big
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has learned 300 words, and is over."""
    job_id = start_big(stack.url, minutes=1, max_entries=300)
    return wait_for(lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 90)


def test_going_back_finds_the_row_that_was_left(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    entries = page.get_by_role("region", name="Entries")
    expect(entries.get_by_role("link").first).to_be_visible()
    entries.evaluate("box => { box.scrollTop = 84 * 80 }")
    row = entries.locator("li[aria-posinset='83'] a")
    expect(row).to_be_visible()
    to = row.get_attribute("href")
    row.click()
    page.sees("Written by")
    page.go_back()
    expect(entries.locator(f"a[href='{to}']")).to_be_focused()
    assert entries.evaluate("box => box.scrollTop") == 84 * 80


def test_a_new_place_begins_at_its_top(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/jobs/{learned['job_id']}")
    expect(page.get_by_role("toolbar", name="Rounds")).to_be_visible()
    page.evaluate("window.scrollTo(0, 400)")
    page.get_by_role("link", name="Jobs", exact=True).evaluate("link => link.click()")
    expect(page.heading("All jobs")).to_be_visible()
    assert page.evaluate("window.scrollY") == 0
    expect(page.locator("main")).to_be_focused()


def test_knowledge_tells_of_what_is_learned_meanwhile(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    total = page.get_by_text(re.compile(r"words? known"))
    expect(total).to_be_visible()
    before = total.inner_text()
    start_big(stack.url, minutes=0.5, max_entries=40)
    page.get_by_role("button", name=re.compile(r"^Show \d+ new$")).click()
    expect(page.get_by_role("region", name="Entries")).to_be_visible()
    expect(total).not_to_have_text(before)


def test_a_round_that_cannot_be_read_shows_no_other_rounds_words(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        wait_for(lambda: job(stack.url, job_id)["last_round"] >= 2, 60)
        page.at(f"#/jobs/{job_id}?round=1")
        expect(
            page.get_by_role("region", name="Candidates in round 1").get_by_role("listitem").first
        ).to_be_visible()
        page.route(f"**/jobs/{job_id}/rounds/2", lambda route: route.fulfill(status=503, body="{}"))
        page.at(f"#/jobs/{job_id}?round=2")
        page.sees("Couldn't load this round.")
        expect(page.get_by_role("region", name="Candidates in round")).to_have_count(0)


def test_what_is_in_work_in_a_round_gets_its_end(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}?round=1&verdict=accepted")
        candidates = page.get_by_role("region", name="Candidates in round 1")
        expect(candidates.get_by_role("listitem").first).to_be_visible(timeout=60_000)
        expect(candidates.get_by_text("enriched").first).to_be_visible(timeout=60_000)


def test_a_word_that_is_known_by_another_form_leads_there_and_is_not_offered(stack, learned, open_page):
    httpx.post(
        f"{stack.url}/jobs/start", json={"mode": "quick", "words": ["photosynthesis"]}, timeout=30
    ).raise_for_status()
    wait_for(lambda: httpx.get(f"{stack.url}/entries/photosynthesis", timeout=30).is_success, 60)
    page = open_page(f"{stack.url}/#/entries/photosyntheses")
    page.sees("This is a form of a learned word.")
    expect(page.get_by_role("button", name=re.compile("^Learn"))).to_have_count(0)
    page.get_by_role("link", name="photosynthesis", exact=True).click()
    expect(page.heading("photosynthesis", level=1)).to_be_visible()


@pytest.mark.parametrize("place", ["#/entries/{}", "#/knowledge?q={}"])
@pytest.mark.parametrize(
    ("word", "said"),
    [("smartphone", "The offline lexicon"), ("1984", "not a word that can be learned: number")],
)
def test_a_word_that_would_be_refused_is_not_offered(stack, open_page, place, word, said):
    page = open_page(f"{stack.url}/{place.format(word)}")
    page.sees(said)
    expect(page.get_by_role("button", name=re.compile("^Learn"))).to_have_count(0)


def test_a_row_of_the_log_is_read_whole(stack, learned, open_page):
    page = open_page(
        f"{stack.url}/#/jobs/{learned['job_id']}?log=words", viewport={"width": 360, "height": 800}
    )
    log = page.get_by_role("region", name="Events, newest first")
    row = log.get_by_role("button").first
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    expect(log.get_by_role("listitem").first.get_by_role("link").first).to_be_visible()
    second = log.locator("li[aria-posinset='2']").bounding_box()
    first = log.locator("li[aria-posinset='1']").bounding_box()
    assert second["y"] >= first["y"] + first["height"] - 1 > first["y"] + 40


@pytest.mark.parametrize("percent", [150, 200])
def test_larger_text_is_not_cut(stack, learned, open_page, percent):
    page = open_page(f"{stack.url}/#/knowledge")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", f"{percent}%")
    row = page.get_by_role("region", name="Entries").get_by_role("listitem").first
    expect(row).to_be_visible()
    wait_for(lambda: row.bounding_box()["height"] >= 84 * percent / 100 - 1, 10, "higher rows")
    assert row.locator("a").evaluate("link => link.scrollHeight <= link.clientHeight + 1")
