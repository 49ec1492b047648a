"""The present first: the end of a long log, the queue, and how to go on with a job that has ended."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from house import wait_for
from pages import job, start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LINES = 4_547


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has ended."""
    job_id = start_big(stack.url, minutes=1, max_entries=60, topic="music")
    return wait_for(
        lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 90, "its end"
    )


def line(number):
    minutes, seconds = divmod(number // 10, 60)
    return {
        "id": f"1.{number}",
        "occurred": f"2030-01-01T12:{minutes:02}:{seconds:02}Z",
        "kind": "words.learned",
        "text": "the seventeenth" if number == 17 else f"line {number}",
        "words": [f"word{number}"],
    }


def long_log(page, asked):
    """Answer for a log of many lines, whatever the job."""

    def answer(route):
        query = {name: value[0] for name, value in parse_qs(urlsplit(route.request.url).query).items()}
        asked.append(query)
        end = int(query.get("before", LINES)) if "newest" in query else LINES
        start = max(0, end - 200) if "newest" in query else int(query.get("after", 0))
        items = [line(number) for number in range(start, min(end, start + 200))]
        older = str(start) if start and items else None
        body = {"items": items, "cursor": str(start + len(items)), "older": older}
        route.fulfill(json={**body, "has_more": start + len(items) < LINES, "is_complete": True})

    page.route("**/events?**", answer)


def test_a_long_log_opens_at_its_end_and_goes_back_on_demand(stack, learned, open_page):
    asked = []
    page = open_page(f"{stack.url}/#/jobs")
    long_log(page, asked)
    page.at(f"#/jobs/{learned['job_id']}")
    rows = page.get_by_role("region", name="Events, newest first")
    expect(rows).to_contain_text(f"line {LINES - 1}")
    assert asked[0]["newest"] == "true"
    assert "before" not in asked[0]
    expect(page.get_by_role("region", name="Newest entries")).to_contain_text(f"word{LINES - 1}")
    # some minutes are read ahead for the chart, the others when they are scrolled to
    expect(page.get_by_text("newest 2,000 events")).to_be_visible()
    read = len(asked)
    page.wait_for_timeout(1_000)
    assert len(asked) == read
    rows.evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(page.get_by_text("newest 2,200 events")).to_be_visible()
    # a search looks through all of it
    page.get_by_label("Search the log").fill("seventeenth")
    expect(rows).to_contain_text("the seventeenth")
    page.get_by_label("Search the log").fill("")
    expect(page.get_by_text(f"{LINES:,} events")).to_be_visible()


def test_queued_jobs_are_one_list_and_stopped_together(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    jobs = [start_big(stack.url, minutes=5, topic=topic) for topic in ("music", "birds", "ships", "law")]
    queue = page.get_by_role("region", name="Queue")
    try:
        expect(queue.get_by_role("listitem")).to_have_count(2, timeout=60_000)
        page.get_by_role("button", name="Stop all queued").click()
        page.get_by_role("dialog").get_by_role("button", name="Stop all queued").click()
        expect(queue).to_have_count(0, timeout=60_000)
        found = sorted(job(stack.url, one)["status"] for one in jobs)
        assert found == ["cancelled", "cancelled", "running", "running"]
    finally:
        for one in jobs:
            httpx.post(f"{stack.url}/jobs/{one}/cancel", json={"drain": False}, timeout=30)
        wait_for(lambda: all(job(stack.url, one)["finished_at"] for one in jobs), 60, "the ends")


def test_a_job_that_ended_is_run_again_or_edited_first(stack, learned, open_page):
    page = open_page(f"{stack.url}/#/jobs/{learned['job_id']}")
    page.get_by_role("link", name="Edit and run").click()
    page.sees("With the parameters of")
    given = job(stack.url, learned["job_id"])["parameters"]
    expect(page.get_by_label("Topic", exact=True)).to_have_value(given.get("topic") or "")
    expect(page.get_by_label("Minutes", exact=True)).to_have_value(re.compile(r"^[\d.]+$"))
    page.go_back()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("button", name="Stop", exact=False)).to_be_visible()
    again = page.hash.rpartition("/")[2]
    try:
        assert again != learned["job_id"]
        assert {k: v for k, v in job(stack.url, again)["parameters"].items() if v is not None} == {
            k: v for k, v in given.items() if v is not None
        }
    finally:
        httpx.post(f"{stack.url}/jobs/{again}/cancel", json={"drain": False}, timeout=30)


def test_a_job_that_failed_by_its_topic_offers_no_retry(stack, open_page):
    # through Prefect: the facade refuses such a topic before there is a job
    page = open_page(f"{stack.url}/#/jobs/{stack.start('big', topic='qwertyzzz', minutes=1)}")
    status(page, "failed")
    page.sees("It would fail again")
    expect(page.get_by_role("button", name="Retry", exact=False)).to_have_count(0)
    expect(page.get_by_role("link", name="Edit and run qwertyzzz")).to_be_visible()
