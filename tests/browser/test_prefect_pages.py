"""Prefect's own pages, which ask for a password: the owner's browser opens them signed in, by any link."""

from __future__ import annotations

import httpx
import pytest
from house import wait_for
from pages import job, start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def prefect(stack):
    return stack.api.removesuffix("/api")


@pytest.fixture
def visit(chromium):
    """Opens pages of Prefect's in a browser that has seen none before; what they raise is Prefect's own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield context
    context.close()
    expect.set_options(timeout=20_000)


def refused_in(page):
    """The addresses that the page was refused so far."""
    found = []
    page.on("response", lambda answer: found.append(answer.url) if answer.status in {401, 403} else None)
    return found


def test_the_dashboards_link_opens_the_run_signed_in(stack, visit):
    job_id = start_big(stack.url, minutes=1, max_entries=20)
    wait_for(lambda: job(stack.url, job_id)["status"] == "completed", 120)
    page = visit.new_page()
    page.goto(f"{stack.url}/#/jobs/{job_id}")
    with visit.expect_page() as opened:
        page.get_by_role("link", name="View in Prefect").click()
    run = opened.value
    refused = refused_in(run)
    name = stack.prefect(f"flow_runs/{job_id}")["name"]
    expect(run.get_by_text(name).first).to_be_visible()
    assert refused == []
    assert run.url == f"{stack.api.removesuffix('/api')}/runs/flow-run/{job_id}"
    assert stack.auth_string.partition(":")[2] not in run.url + run.evaluate("document.cookie")
    assert stack.auth_string.partition(":")[2] not in run.content()


@pytest.mark.parametrize("path", ["/", "/runs", "/v2/dashboard"])
def test_each_of_its_pages_is_signed_in_by_whatever_link(stack, visit, prefect, path):
    page = visit.new_page()
    refused = refused_in(page)
    page.goto(f"{prefect}{path}")
    expect(page.get_by_text("Deployments").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not page.locator("input[type=password]").count()
    assert "login" not in page.url
    assert refused == []


def test_a_password_that_has_changed_since_is_renewed(stack, visit, prefect):
    page = visit.new_page()
    page.goto(f"{prefect}/ui-settings")
    page.evaluate("localStorage.setItem('prefect-password', btoa('learn:of-another-day'))")
    refused = refused_in(page)
    page.goto(f"{prefect}/deployments")
    expect(page.get_by_role("link", name="big", exact=True).first).to_be_visible()
    assert refused == []


def test_another_page_cannot_show_prefects_in_a_frame_nor_read_it(stack, visit, prefect):
    page = visit.new_page()
    page.goto(f"{stack.url}/docs")
    # without the dashboard's own policy, as any page in the browser
    page.route("**/frame", lambda route: route.fulfill(body=f"<iframe src='{prefect}/runs'></iframe>",
                                                       content_type="text/html"))  # fmt: skip
    page.goto(f"{stack.url}/frame")
    frame = wait_for(lambda: next((f for f in page.frames if f.parent_frame is not None), None), 20)
    frame.wait_for_load_state()
    assert frame.evaluate(
        "document.documentElement.innerText.includes('refused')"
    ) or not frame.url.startswith(prefect)
    outcome = page.evaluate(
        "url => fetch(url, {credentials: 'include'}).then(a => a.text(), e => 'refused: ' + e)",
        f"{prefect}/runs",
    )
    assert outcome.startswith("refused")


def test_a_run_that_is_started_in_prefects_ui_is_live_on_the_dashboard(stack, visit, prefect, open_page):
    form = visit.new_page()
    form.goto(f"{prefect}/deployments")
    form.get_by_role("link", name="big", exact=True).first.click()
    before = {one["job_id"] for one in httpx.get(f"{stack.url}/jobs", timeout=30).json()["items"]}
    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_text("Quick run").click()
    started = wait_for(
        lambda: next(
            (
                one
                for one in httpx.get(f"{stack.url}/jobs", timeout=30).json()["items"]
                if one["job_id"] not in before
            ),
            None,
        ),
        60,
        "the run",
    )
    try:
        assert started["started_by"] == "prefect"
        page = open_page(f"{stack.url}/#/jobs/{started['job_id']}")
        status(page, "running")
        first = wait_for(lambda: page.figure("words learned"), 60, "words")
        wait_for(lambda: page.figure("words learned") > first, 60, "more words, without a reload")
    finally:
        httpx.post(f"{stack.url}/jobs/{started['job_id']}/cancel", json={"drain": False}, timeout=30)
    status(page, "cancelled")
