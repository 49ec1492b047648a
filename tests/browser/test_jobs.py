"""Jobs on the page: stopped, started again, watched in two tabs and through the death of the facade."""

from __future__ import annotations

import re
import signal
import time

import pytest
from house import wait_for
from pages import big_job, events, job, start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_stopping_finishes_what_is_in_flight_and_the_other_tab_sees_it(stack, open_page):
    with big_job(stack.url) as job_id:
        one, other = (open_page(f"{stack.url}/#/jobs/{job_id}") for _ in range(2))
        for page in (one, other):
            status(page, "running")
        expect(one.get_by_role("region", name="Newest entries").get_by_role("link").first).to_be_visible(
            timeout=60_000
        )
        one.get_by_role("button", name="Stop", exact=False).first.click()
        one.get_by_role("button", name="Finish words in progress").click()
        for page in (one, other):
            status(page, "stopped early")
        found = job(stack.url, job_id)
        assert (found["status"], found["end_reason"]) == ("completed", "stopped")
        assert one.figure("words learned") == other.figure("words learned") == found["counts"]["stored"]


def test_a_job_that_was_stopped_at_once_goes_on_after_a_retry(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        expect(page.get_by_role("region", name="Newest entries").get_by_role("link").first).to_be_visible(
            timeout=60_000
        )
        page.get_by_role("button", name="Stop", exact=False).first.click()
        page.get_by_role("button", name="Stop now").click()
        status(page, "cancelled")
        before = job(stack.url, job_id)["counts"]["stored"]
        page.get_by_role("button", name="Retry").click()
        status(page, "running")
        wait_for(lambda: job(stack.url, job_id)["counts"]["stored"] > before, 60)
        page.get_by_role("button", name="Stop", exact=False).first.click()
        page.get_by_role("button", name="Finish words in progress").click()
        status(page, "stopped early")
        page.sees("attempt 2")


def test_the_facade_dies_and_the_page_misses_nothing(stack, open_page, own_facade):
    with own_facade() as facade:
        job_id = start_big(stack.url, minutes=0.7)
        page = open_page(f"{facade.url}/#/jobs/{job_id}")
        expect(page.get_by_role("region", name="Newest entries").get_by_role("link").first).to_be_visible(
            timeout=60_000
        )
        seen = wait_for(lambda: page.figure("words learned"), 30, "words")
        facade.stop(signal.SIGKILL)
        page.sees("Live updates paused, retrying.")
        assert page.figure("words learned") >= seen
        facade.start()
        expect(page.get_by_text("Live updates paused, retrying.").first).to_be_hidden(timeout=60_000)
        status(page, "completed")
        told = events(stack.url, job_id)
        expect(page.get_by_text(re.compile(rf"^{len(told):,} events$"))).to_be_visible()
        assert page.figure("words learned") == job(stack.url, job_id)["counts"]["stored"]


def test_a_new_job_waits_to_be_let_into_the_table(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_be_visible()
    before = rows.count()
    job_id = start_big(stack.url, minutes=0.2, max_entries=40)
    page.get_by_role("button", name="Show 1 new", exact=True).click()
    expect(rows).to_have_count(before + 1)
    assert rows.nth(1).get_by_role("link").get_attribute("href") == f"#/jobs/{job_id}"
    expect(rows.nth(1)).to_contain_text("completed", timeout=60_000)


def test_time_left_counts_down_between_frames(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        status(page, "running")
        expect(page.locator("dl div", has=page.get_by_text("remaining", exact=True))).to_be_visible()
        before = page.figure("remaining")
        time.sleep(3)
        assert page.figure("remaining") < before
        page.get_by_role("button", name="Stop", exact=False).first.click()
        page.get_by_role("button", name="Stop now").click()
        status(page, "cancelled")


def test_where_live_lines_are_blocked_the_page_asks_instead(stack, open_page, chromium):
    with chromium.new_context() as context:
        context.route_web_socket(re.compile("/ws/"), lambda line: line.close(code=1011))
        job_id = start_big(stack.url, minutes=0.5, max_entries=60)
        page = open_page(f"{stack.url}/#/jobs/{job_id}", context=context)
        page.sees("Live updates paused, retrying.")
        status(page, "completed")
        assert page.figure("words learned") == 60
        page.at("#/jobs")
        expect(page.get_by_role("table").get_by_role("row").nth(1)).to_contain_text("completed")


def test_a_question_that_was_closed_can_be_asked_again_at_once(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        status(page, "running")
        stop = page.get_by_role("button", name="Stop Any topic")
        expect(stop).to_be_visible()
        for _ in range(3):
            # in one turn of the page: before the browser has told that the one of before was closed
            stop.evaluate(
                "async button => { button.click(); await Promise.resolve();"
                " document.querySelector('dialog')?.close(); button.click() }"
            )
            expect(page.get_by_role("dialog", name="Stop this job?")).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
