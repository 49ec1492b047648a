"""Every action by key: nothing on any screen needs a pointer."""

from __future__ import annotations

import re

import httpx
import pytest
from house import wait_for
from pages import big_job, job, start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TOKEN = "a-token-of-sixteen-or-more"  # noqa: S105
MOST_TABS = 80


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has learned 60 words, and is over."""
    job_id = start_big(stack.url, minutes=1, max_entries=60)
    return wait_for(lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 60)


def tab_to(page, target):
    """Go to something by the Tab key alone, from wherever the focus is."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return target
    raise AssertionError("Tab does not reach it")


def press(page, target, key="Enter"):
    tab_to(page, target)
    page.keyboard.press(key)


def test_the_theme_is_chosen(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs", color_scheme="light")
    paper = "() => getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(paper)
    button = tab_to(page, page.get_by_role("button", name=re.compile("^Theme")))
    for name in ("light", "dark"):
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-label", f"Theme: {name}")
    assert page.evaluate(paper) != before


def test_a_job_is_estimated_started_stopped_at_once_and_retried(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    tab_to(page, page.get_by_label("Topic", exact=True))
    page.keyboard.type("music")
    tab_to(page, page.get_by_label("Minutes", exact=True))
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.sees("limited by")
    press(page, page.get_by_role("button", name="Start Big Learning Job"))
    expect(page.heading("music", level=1)).to_be_visible()
    status(page, "running")
    press(page, page.get_by_role("button", name="Stop music"))
    press(page, page.get_by_role("button", name="Stop now"))
    status(page, "cancelled")
    press(page, page.get_by_role("button", name="Retry"))
    status(page, "running")
    press(page, page.get_by_role("button", name="Stop music"))
    press(page, page.get_by_role("button", name="Stop now"))
    status(page, "cancelled")


def test_a_job_is_stopped_when_what_is_in_flight_is_done(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        status(page, "running")
        press(page, page.get_by_role("button", name="Stop Any topic"))
        expect(page.get_by_role("button", name="Finish words in progress")).to_be_focused()
        page.keyboard.press("Enter")
        status(page, "stopped early")


def test_jobs_are_filtered(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    tab_to(page, page.get_by_label("Status"))
    page.keyboard.type("completed")
    wait_for(lambda: "status=completed" in page.hash, 10, "a filter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Filters").get_by_label("Kind")).to_be_focused()
    page.keyboard.type("Quick")
    wait_for(lambda: "mode=quick" in page.hash, 10, "another filter")


def test_the_log_is_filtered_and_read_and_a_round_is_opened(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/jobs/{learned['job_id']}")
    tab_to(page, page.get_by_label("Kind of event"))
    page.keyboard.type("words")
    wait_for(lambda: "log=words" in page.hash, 10, "a filter")
    tab_to(page, page.get_by_role("region", name="Events, newest first"))
    page.keyboard.press("ArrowDown")
    row = page.get_by_role("region", name="Events, newest first").get_by_role("button").first
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    word = page.get_by_role("region", name="Events, newest first").get_by_role("link").first
    page.keyboard.press("Tab")
    expect(word).to_be_focused()

    first = page.get_by_role("toolbar", name="Rounds").get_by_role("button").first
    press(page, first)
    expect(page.heading("Round 1", exact=True)).to_be_visible()
    press(
        page, page.get_by_role("group", name="Verdicts").get_by_role("button", name=re.compile("^accepted"))
    )
    tab_to(page, page.get_by_role("region", name="Candidates in round 1"))
    page.keyboard.press("ArrowDown")
    candidate = page.get_by_role("region", name="Candidates in round 1").get_by_role("button").first
    expect(candidate).to_be_focused()
    page.keyboard.press("Enter")
    expect(candidate).to_have_attribute("aria-expanded", "true")


def test_knowledge_is_filtered_and_handed_out(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    with page.page.expect_download() as download:
        press(page, page.get_by_role("link", name="JSON Lines"))
    assert download.value.suggested_filename == "knowledge.jsonl"
    tab_to(page, page.get_by_label("Support"))
    page.keyboard.type("cited")
    wait_for(lambda: "support=supported" in page.hash, 10, "a filter")
    press(page, page.get_by_role("list", name="Categories").get_by_role("link").first)
    wait_for(lambda: "category=" in page.hash, 10, "a category")


def test_a_word_of_the_frontier_is_learned(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/knowledge")
    press(page, page.get_by_role("link", name="Not learned yet"))
    button = page.get_by_role("region", name="Words not learned yet").get_by_role("button").first
    expect(button).to_be_visible()
    word = button.get_attribute("aria-label").removeprefix("Learn ")
    press(page, button)
    expect(page.get_by_role("link", name=f"{word}: learned; view job")).to_be_visible(timeout=60_000)
    assert httpx.get(f"{stack.url}/entries/{word}", timeout=30).is_success


def test_a_schedule_is_resumed_and_paused(stack, open_page):
    page = open_page(f"{stack.url}/#/schedules")
    expect(page.get_by_role("cell", name="every day at 02:00 UTC")).to_be_visible()
    press(page, page.get_by_role("button", name="Resume nightly"))
    pause = page.get_by_role("button", name="Pause nightly")
    expect(pause).to_be_focused()
    expect(page.locator("tr", has=pause).locator("time")).to_be_visible(timeout=60_000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Resume nightly")).to_be_focused()


def test_one_signs_in(open_page, own_facade):
    with own_facade(LEARN_API_TOKEN=TOKEN) as facade:
        page = open_page(f"{facade.url}/#/schedules")
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        expect(page.heading("Schedules")).to_be_visible()
