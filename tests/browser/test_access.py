"""A facade that wants a token, and one without Prefect."""

from __future__ import annotations

import pytest
from house import wait_for
from pages import job, start_big
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TOKEN = "a-token-of-sixteen-or-more"  # noqa: S105


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has learned 30 words, and is over: what the tables and lists here show."""
    job_id = start_big(stack.url, minutes=1, max_entries=30)
    return wait_for(lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 60)


def sign_in(page, token):
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def test_a_session_that_ended_is_asked_for_where_one_is(stack, learned, open_page, own_facade):
    with own_facade(LEARN_API_TOKEN=TOKEN) as facade:
        page = open_page(f"{facade.url}/#/knowledge?q=a")
        sign_in(page, "another-token-of-some-length")
        page.sees("Invalid token.")
        sign_in(page, TOKEN)
        expect(page.get_by_label("Search")).to_have_value("a")
        page.wait_for_load_state("networkidle")  # what is still being read would end the session by itself
        page.context.clear_cookies()
        page.get_by_role("link", name="Schedules").click()
        expect(page.heading("Sign in")).to_be_visible()
        sign_in(page, TOKEN)
        expect(page.heading("Schedules")).to_be_visible()
        expect(page.get_by_role("button", name="Resume nightly")).to_be_visible()
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.get_by_role("table")).to_be_visible()


def test_a_live_line_that_is_refused_leads_to_the_sign_in(stack, learned, open_page, own_facade):
    with own_facade(LEARN_API_TOKEN=TOKEN) as facade:
        page = open_page(f"{facade.url}/#/jobs")
        sign_in(page, TOKEN)
        expect(page.heading("All jobs")).to_be_visible()
        page.context.clear_cookies()
        facade.stop()
        facade.start()
        expect(page.heading("Sign in")).to_be_visible(timeout=60_000)


def test_without_prefect_what_was_learned_is_read_and_nothing_starts(stack, learned, open_page, own_facade):
    with own_facade(PREFECT_API_URL="http://127.0.0.1:9/api") as facade:
        page = open_page(f"{facade.url}/#/jobs")
        page.sees("Can't reach Prefect. You can read what was learned, but not start jobs.")
        page.sees("queued jobs may be missing")
        page.get_by_role("button", name="Start Big Learning Job").click()
        expect(page.get_by_role("alert").filter(has_text="Prefect")).to_be_visible()
        page.get_by_role("link", name="Schedules").click()
        page.sees("Couldn't load schedules.")
        page.get_by_role("link", name="Knowledge", exact=True).click()
        expect(page.get_by_role("region", name="Entries").get_by_role("link").first).to_be_visible()


def test_an_empty_store_says_what_to_do(open_page, own_facade, tmp_path):
    with own_facade(
        LEARN_STORE=f"sqlite:///{tmp_path / 'empty.db'}", PREFECT_API_URL="http://127.0.0.1:9/api"
    ) as facade:
        page = open_page(f"{facade.url}/#/knowledge")
        page.sees("Nothing learned yet.")
        page.get_by_role("link", name="Start a big learning job").click()
        expect(page.get_by_role("button", name="Start Big Learning Job")).to_be_visible()
