"""axe-core finds nothing on any screen, light or dark, wide or narrow."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest
from pages import big_job
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PLACES = [
    "#/jobs",
    "#/knowledge",
    "#/knowledge?show=frontier",
    "#/schedules",
    "#/entries/qwertyuiop",
    "#/jobs/no-such-id",
    "#/nowhere",
    "#/knowledge?q=qwertyuiop",
]


def judge(page, *, is_idle=True):
    """What axe finds, in lines. Evaluated and not added as a script, which the page's policy would refuse."""
    if is_idle:
        page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']}: {n['html'][:120]} ({n['failureSummary'][:160]})"
        for v in found["violations"]
        for n in v["nodes"][:3]
    ]


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: make ui")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(stack, open_page, scheme, width):
    with big_job(stack.url) as job_id:
        page = open_page(
            f"{stack.url}/#/jobs/{job_id}", color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        expect(page.get_by_role("region", name="Newest entries").get_by_role("link").first).to_be_visible(
            timeout=60_000
        )
        faults = {"running": judge(page)}
        page.get_by_role("toolbar", name="Rounds").get_by_role("button").first.click()
        faults["round"] = judge(page)
        word = page.get_by_role("region", name="Newest entries").get_by_role("link").first.inner_text()
        page.get_by_role("button", name="Stop Any topic").click()
        faults["dialog"] = judge(page)
        page.get_by_role("button", name="Stop now").click()
    for place in [*PLACES, f"#/entries/{word}"]:
        page.at(place)
        page.wait_for_timeout(400)
        faults[place] = judge(page)
    assert {place: lines for place, lines in faults.items() if lines} == {}


SCHEMES = pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
NEEDS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: make ui")
ANSWERS = re.compile(r"/(jobs|knowledge|frontier|entries|graph|schedules)([/?]|$)")
"""Addresses of the facade's answers, and not of the page's own files."""
STATES = {
    "#/jobs": "Couldn't load jobs.",
    "#/jobs/0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11": "Couldn't load this job.",
    "#/knowledge": "Couldn't load entries.",
    "#/knowledge?show=frontier": "Couldn't load the words.",
    "#/entries/moss": "Couldn't load this entry.",
    "#/schedules": "Couldn't load schedules.",
}
UNAVAILABLE = {
    "type": "about:blank",
    "title": "Service Unavailable",
    "status": 503,
    "detail": "Prefect does not answer.",
    "retry_after_s": 5,
}


@NEEDS_AXE
@SCHEMES
def test_axe_finds_nothing_while_a_screen_is_read(stack, open_page, scheme, width):
    page = open_page(f"{stack.url}/#/nowhere", color_scheme=scheme, viewport={"width": width, "height": 800})
    page.route(ANSWERS, lambda route: None)
    faults = {}
    for place in STATES:
        page.at(place)
        expect(page.locator(".skeleton").first).to_be_visible()
        faults[place] = judge(page, is_idle=False)
        expect(page.get_by_text("No active jobs.")).to_have_count(0)
    assert {place: lines for place, lines in faults.items() if lines} == {}


@NEEDS_AXE
@SCHEMES
def test_axe_finds_nothing_where_a_screen_cannot_be_read(stack, open_page, scheme, width):
    page = open_page(f"{stack.url}/#/nowhere", color_scheme=scheme, viewport={"width": width, "height": 800})
    page.route(
        ANSWERS,
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(UNAVAILABLE)
        ),
    )
    faults = {}
    for place, said in STATES.items():
        page.at(place)
        page.sees(said)
        faults[place] = judge(page, is_idle=False)
        expect(page.get_by_text("No active jobs.")).to_have_count(0)
    assert {place: lines for place, lines in faults.items() if lines} == {}


@NEEDS_AXE
@SCHEMES
def test_axe_finds_nothing_when_the_line_is_lost_or_a_token_is_asked_for(
    stack, open_page, own_facade, scheme, width
):
    with own_facade() as facade:
        page = open_page(
            f"{facade.url}/#/jobs", color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        expect(page.get_by_role("table")).to_be_visible()
        facade.stop(signal.SIGKILL)
        page.sees("Live updates paused, retrying.")
        faults = {"disconnected": judge(page, is_idle=False)}
    with own_facade(LEARN_API_TOKEN="a-token-of-sixteen-or-more") as facade:  # noqa: S106
        page = open_page(
            f"{facade.url}/#/jobs", color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        expect(page.heading("Sign in")).to_be_visible()
        faults["sign in"] = judge(page)
        page.get_by_label("Token").fill("another-token-of-some-length")
        page.get_by_role("button", name="Sign in").click()
        page.sees("Invalid token.")
        faults["refused"] = judge(page)
    assert {place: lines for place, lines in faults.items() if lines} == {}


@NEEDS_AXE
@SCHEMES
def test_axe_finds_nothing_where_prefect_is_away(stack, open_page, own_facade, scheme, width):
    with own_facade(PREFECT_API_URL="http://127.0.0.1:9/api") as facade:
        page = open_page(
            f"{facade.url}/#/jobs", color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        page.sees("Can't reach Prefect. You can read what was learned, but not start jobs.")
        faults = {"jobs": judge(page, is_idle=False)}
        page.at("#/schedules")
        page.sees("Couldn't load schedules.")
        faults["schedules"] = judge(page, is_idle=False)
    assert {place: lines for place, lines in faults.items() if lines} == {}
