"""axe-core finds nothing on any screen, light or dark, wide or narrow."""

from __future__ import annotations

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


def judge(page):
    """What axe finds, in lines. Evaluated and not added as a script, which the page's policy would refuse."""
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [f"{v['id']}: {n['html'][:120]} ({n['failureSummary'][:160]})" for v in found["violations"] for n in v["nodes"][:3]]


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: make ui")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(stack, open_page, scheme, width):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}", color_scheme=scheme, viewport={"width": width, "height": 800})
        expect(page.get_by_role("region", name="Newest entries").get_by_role("link").first).to_be_visible(timeout=60_000)
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
