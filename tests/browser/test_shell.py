"""What is around every screen: colours, the way to the facade, the line about Prefect, the focus; and a job's
head after a retry.
"""

from __future__ import annotations

import re
import socket
from contextlib import closing

import httpx
import pytest
from gate import Gate
from house import wait_for
from pages import big_job, job, start_big, status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TOKEN = "a-token-of-sixteen-or-more"  # noqa: S105
FOCUSED = "() => document.activeElement.tagName"


def paper(page):
    return page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")


def its_words(page):
    return page.get_by_role("region", name="Newest entries").get_by_role("link")


def outside_address():
    """The address by which other machines would reach this one, or None. Nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
        try:
            asking.connect(("198.51.100.1", 9))
        except OSError:
            return None
        address = asking.getsockname()[0]
    return None if address.startswith("127.") else address


@pytest.fixture(scope="module")
def learned(stack):
    """A job that has learned some words, so that there is something to look at."""
    job_id = start_big(stack.url, minutes=1, max_entries=40)
    return wait_for(lambda: (found := job(stack.url, job_id))["status"] == "completed" and found, 60)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_button_chooses_the_colours(stack, open_page, scheme):
    page = open_page(f"{stack.url}/#/jobs", color_scheme=scheme)
    system = paper(page)
    found = {}
    for _ in range(3):
        page.get_by_role("button", name="Theme:").click()
        found[page.get_by_role("button", name="Theme:").get_attribute("aria-label")] = paper(page)
    assert set(found) == {"Theme: light", "Theme: dark", "Theme: system"}
    assert found["Theme: light"] != found["Theme: dark"]
    assert found["Theme: system"] == system == found[f"Theme: {scheme}"]


def test_the_theme_is_chosen_by_keys_and_kept(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs", color_scheme="light")
    light = paper(page)
    button = page.get_by_role("button", name="Theme:")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-label", "Theme: dark")
    assert paper(page) != light
    page.reload()
    expect(button).to_have_attribute("aria-label", "Theme: dark")
    assert paper(page) != light


def test_from_another_machine_it_opens_over_plain_http(stack, learned, open_page, own_facade):
    address = outside_address()
    if address is None:
        pytest.skip("This machine has no address but loopback.")
    with own_facade(LEARN_HOST="0.0.0.0", LEARN_API_TOKEN=TOKEN) as facade:  # noqa: S104
        page = open_page(facade.url.replace("127.0.0.1", address))
        assert not page.evaluate("() => isSecureContext")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Minutes").fill("1")
        page.get_by_label("Word limit").fill("20")
        page.get_by_role("button", name="Start Big Learning Job").click()
        expect(page.heading("Any topic", level=1)).to_be_visible()
        page.get_by_role("button", name="Copy job ID").click()
        expect(page.get_by_role("button", name="Copy job ID")).to_have_text("Copied")
        status(page, "completed")


def test_the_line_about_prefect_follows_it(stack, learned, open_page, own_facade):
    with Gate(stack.port) as gate, own_facade(PREFECT_API_URL=f"http://127.0.0.1:{gate.port}/api") as facade:
        page = open_page(f"{facade.url}/#/jobs")
        expect(page.get_by_role("table")).to_be_visible()
        line = page.get_by_text(
            "Can't reach Prefect. You can read what was learned, but not start jobs."
        ).first
        expect(line).to_be_hidden()
        gate.shut()
        expect(line).to_be_visible(timeout=60_000)
        other = open_page(f"{facade.url}/#/jobs")
        other.sees("queued jobs may be missing")
        gate.open()
        for one in (page, other):
            expect(one.get_by_role("region", name="Connection")).to_have_count(0, timeout=60_000)
            expect(one.get_by_text("queued jobs may be missing")).to_have_count(0, timeout=60_000)


def test_a_start_that_fails_for_prefect_tells_so_at_once(stack, learned, open_page, own_facade):
    with Gate(stack.port) as gate, own_facade(PREFECT_API_URL=f"http://127.0.0.1:{gate.port}/api") as facade:
        page = open_page(f"{facade.url}/#/jobs")
        expect(page.get_by_role("table")).to_be_visible()
        gate.shut()
        page.get_by_role("button", name="Start Big Learning Job").click()
        expect(page.get_by_role("alert").filter(has_text="Prefect")).to_be_visible()
        page.sees("Can't reach Prefect. You can read what was learned, but not start jobs.")


def test_a_word_that_has_the_focus_stays(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        expect(its_words(page).first).to_be_visible(timeout=60_000)
        page.wait_for_function("() => document.querySelectorAll('ul.language li').length >= 20")
        word = its_words(page).first.inner_text()
        its_words(page).first.focus()
        before = page.figure("words learned")
        wait_for(lambda: page.figure("words learned") > before + 500, 60, "more words")
        assert page.evaluate("() => document.activeElement.textContent") == word
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('ul') !== null")
        page.get_by_role("button", name="Stop Any topic").focus()
        expect(its_words(page).first).not_to_have_text(word)


def test_words_that_do_not_fit_are_not_reached(stack, open_page):
    with big_job(stack.url) as job_id:
        # so narrow that 32 words never fit, however short they are
        page = open_page(f"{stack.url}/#/jobs/{job_id}", viewport={"width": 200, "height": 800})
        page.wait_for_function(
            "() => document.querySelectorAll('ul.language li').length >= 32", timeout=60_000
        )
        its_words(page).first.focus()
        clipped = page.evaluate("""() => {
            const list = document.querySelector('ul.language'), end = list.getBoundingClientRect().bottom + 1
            const below = [...list.querySelectorAll('a')].filter(a => a.getBoundingClientRect().bottom > end)
            const takesFocus = (a) => { a.focus(); return document.activeElement === a }
            return [below.length, below.filter(takesFocus).length]
        }""")
        assert clipped[0] > 0
        assert clipped[1] == 0


def test_after_stop_now_the_focus_is_at_the_headline(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        expect(its_words(page).first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop Any topic").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Stop now").focus()
        page.keyboard.press("Enter")
        status(page, "cancelled")
        expect(page.heading("Any topic", level=1)).to_be_focused()
        retry = page.get_by_role("button", name="Retry Any topic")
        retry.focus()
        page.keyboard.press("Enter")
        status(page, "running")
        assert page.evaluate(FOCUSED) == "H1"


def test_a_retry_shows_no_old_end(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        expect(its_words(page).first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop Any topic").click()
        page.get_by_role("button", name="Stop now").click()
        status(page, "cancelled")
        page.sees("duration", exact=True)
        page.evaluate("""() => {
            window.heads = new Set()
            const look = () => heads.add(document.querySelector('main header').innerText)
            const wanted = { childList: true, subtree: true, characterData: true }
            new MutationObserver(look).observe(document.querySelector('main'), wanted)
        }""")
        page.get_by_role("button", name="Retry Any topic").click()
        status(page, "running")
        page.sees("attempt 2")
        page.get_by_role("button", name="Stop Any topic").click()
        page.get_by_role("button", name="Finish words in progress").click()
        status(page, "completed")
        heads = page.evaluate("() => [...heads]")
        going = [head for head in heads if re.search(r"\b(queued|running|finishing)\b", head)]
        assert going
        assert [
            head for head in going if "stopped early" in head or "duration" in head or "average" in head
        ] == []
        assert httpx.get(f"{stack.url}/jobs/{job_id}", timeout=30).json()["attempt"] == 2


def test_the_question_whether_to_stop_tells_that_it_was_answered(stack, open_page):
    with big_job(stack.url) as job_id:
        page = open_page(f"{stack.url}/#/jobs/{job_id}")
        expect(its_words(page).first).to_be_visible(timeout=60_000)
        page.route("**/cancel", lambda route: None)  # the answer does not come while this is looked at
        page.get_by_role("button", name="Stop Any topic").click()
        dialog = page.get_by_role("dialog", name="Stop this job?")
        dialog.get_by_role("button", name="Finish words in progress").click()
        expect(dialog.get_by_role("button", name="Stopping…")).to_be_visible()
        expect(dialog.get_by_role("button", name="Stop now")).to_be_disabled()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.unroute("**/cancel")


def test_a_retry_that_fails_says_so_under_the_table(stack, open_page, own_facade):
    with big_job(stack.url) as job_id:
        wait_for(lambda: job(stack.url, job_id)["counts"]["stored"], 60, "words")
        httpx.post(f"{stack.url}/jobs/{job_id}/cancel", json={"drain": False}, timeout=30)
        wait_for(lambda: job(stack.url, job_id)["status"] == "cancelled", 60, "the end")
    with Gate(stack.port) as gate, own_facade(PREFECT_API_URL=f"http://127.0.0.1:{gate.port}/api") as facade:
        page = open_page(f"{facade.url}/#/jobs", viewport={"width": 360, "height": 800})
        retry = page.get_by_role("button", name="Retry Any topic").first
        expect(retry).to_be_visible()
        gate.shut()
        retry.focus()
        page.keyboard.press("Enter")
        said = page.get_by_role("alert").filter(has_text="Any topic: Can't reach Prefect")
        expect(said).to_be_visible()
        assert said.evaluate("line => line.closest('table') === null")


def test_what_is_wrong_in_the_form_is_told_in_its_words(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    minutes = page.get_by_label("Minutes")
    minutes.fill("20")
    page.sees("Minutes: at most 10.")
    expect(minutes).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Start Big Learning Job").click()
    expect(minutes).to_be_focused()
    assert page.hash == "#/jobs"
    minutes.fill("0")
    page.sees("Minutes: more than 0.")
    minutes.fill("")
    page.sees("Enter minutes to see an estimate.")
    minutes.fill("1")
    page.sees("limited by")
    expect(minutes).to_have_attribute("aria-invalid", "false")


def test_a_refusal_is_told_once_and_gone_when_it_was_mended(stack, open_page):
    page = open_page(f"{stack.url}/#/jobs")
    page.get_by_role("radio", name="Quick").check()
    words = page.get_by_label("Words, separated by commas")
    words.fill("<b>")
    refusal = page.get_by_text("is not a valid word", exact=False)
    expect(refusal).to_have_count(1)
    page.get_by_role("button", name="Start quick job").click()
    expect(page.get_by_role("button", name="Start quick job")).to_be_enabled()
    expect(refusal).to_have_count(1)
    words.fill("osmosis, moss")
    expect(refusal).to_have_count(0)
    page.sees("limited by")
