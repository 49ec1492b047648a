"""On each screen: where there is one column, what runs comes first; nothing is cut off at the side;
a finger hits what it aims at.
"""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from pages import big_job
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(360, 640), (768, 1024), (1280, 800), (1920, 1080)]
PLACES = ["#/jobs", "#/knowledge", "#/knowledge?show=frontier", "#/schedules", "#/entries/qwertyuiop"]
LONG = "a" * 60
TOO_WIDE = """() => {
    const main = document.querySelector("main"), style = getComputedStyle(main)
    const end = main.getBoundingClientRect().right - parseFloat(style.paddingRight) + 1
    const isCut = (one) => one !== main
        && (getComputedStyle(one).overflowX !== "visible" || isCut(one.parentElement))
    const found = [...main.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > end
        && one.checkVisibility() && !one.closest(".unseen, dialog") && !isCut(one.parentElement))
    const { scrollWidth, clientWidth } = document.documentElement
    return [...found.map((one) => one.outerHTML.slice(0, 99)), ...(scrollWidth > clientWidth ? ["page"] : [])]
}"""
TOO_SMALL = """() => {
    const isInSentence = (link) => getComputedStyle(link).display === "inline"
        && [...link.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    const found = []
    for (const one of document.querySelectorAll("a, button, input, select, summary")) {
        const box = (one.type === "radio" ? one.closest("label") : one).getBoundingClientRect()
        const isSeen = box.width > 0 && one.checkVisibility({ visibilityProperty: true })
        if (!isSeen || one.matches(".skip") || (one.matches("a") && isInSentence(one))) continue
        if (box.width < 43.5 || box.height < 43.5) {
            found.push(`${Math.round(box.width)} x ${Math.round(box.height)} ${one.outerHTML.slice(0, 120)}`)
        }
    }
    return found
}"""


def words_of(page):
    return page.get_by_role("region", name="Newest entries").get_by_role("link")


def top(locator):
    expect(locator).to_be_visible()
    return locator.bounding_box()["y"]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_running_job_is_seen_at_once(stack, open_page, width, height):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs", viewport={"width": width, "height": height})
        card = page.get_by_role("article").filter(has=page.locator(f"a[href='#/jobs/{job_id}']"))
        running = card.get_by_role("link", name="Any topic")
        form = page.heading("Learn something")
        expect(running).to_be_visible(timeout=60_000)
        stop = card.get_by_role("button", name="Stop").bounding_box()
        assert stop["y"] + stop["height"] <= height
        assert top(page.heading("All jobs")) > max(top(running), top(form))
        # where there is one column, the job is first for the eye and for the Tab key alike
        is_first = width <= 896
        assert (top(running) < top(form)) == is_first
        assert is_first == running.evaluate(
            "link => Boolean(link.compareDocumentPosition(document.querySelector('form'))"
            " & Node.DOCUMENT_POSITION_FOLLOWING)"
        )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_wider_than_the_screen(stack, open_page, width, height):
    found = httpx.post(
        f"{stack.url}/jobs/start", json={"mode": "quick", "words": [LONG, "שלום", "漢字変換"]}, timeout=30
    ).json()
    with big_job(stack.url) as job_id:
        page = open_page(
            f"{stack.url}/#/jobs/{job_id}", viewport={"width": width, "height": height}, has_touch=width < 800
        )
        expect(words_of(page).first).to_be_visible(timeout=60_000)
        page.get_by_role("toolbar", name="Rounds").get_by_role("button").first.click()
        expect(page.get_by_role("region", name="Candidates in round 1")).to_be_visible()
        word = words_of(page).first.inner_text()
        wide = {"running": page.evaluate(TOO_WIDE)}
    for place in [*PLACES, f"#/jobs/{found['job_id']}", f"#/entries/{quote(word)}", f"#/entries/{LONG}"]:
        page.at(place)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        wide[place] = page.evaluate(TOO_WIDE)
    assert {place: lines for place, lines in wide.items() if lines} == {}


def test_a_finger_hits_what_it_aims_at(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(
            f"{stack.url}/#/jobs/{job_id}", viewport={"width": 360, "height": 640}, has_touch=True
        )
        expect(words_of(page).first).to_be_visible(timeout=60_000)
        page.get_by_role("toolbar", name="Rounds").get_by_role("button").first.click()
        # of a store with words the first candidates may all be spellings, which link to nothing
        page.get_by_role("group", name="Verdicts").get_by_role("button", name="accepted").click()
        expect(
            page.get_by_role("region", name="Candidates in round 1").get_by_role("link").first
        ).to_be_visible()
        small = {"running": page.evaluate(TOO_SMALL)}
        word = words_of(page).first.inner_text()
        page.get_by_role("button", name="Stop Any topic").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        small["dialog"] = page.evaluate(TOO_SMALL)
        page.get_by_role("button", name="Stop now").click()
    for place in [*PLACES, f"#/jobs/{job_id}", f"#/entries/{quote(word)}"]:
        page.at(place)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        small[place] = page.evaluate(TOO_SMALL)
    assert {place: found for place, found in small.items() if found} == {}
