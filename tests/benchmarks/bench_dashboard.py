"""How heavy the dashboard is: `python tests/benchmarks/bench_dashboard.py`, or by pytest.

Needs chromium and ui/dist.

First load: bytes as they come over the wire without fonts, and milliseconds from the answer of the page to a
form that can be used. Long lists: tasks over 50 ms (a browser's own measure) while a log of 20,000 events is
scrolled and added to, and while a table of 10,000 jobs is scrolled. Large graph: such tasks while a concept
graph of 3,000 words is read, laid out and drawn, and while it is dragged about, with the longest wait for a
frame. Memory: the heap after a collection, before and after the frames of ten minutes at 100 words a second.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests" / "service")]

EVENTS, JOBS, FRAMES, WORDS = 20_000, 10_000, 600, 3_000
START = datetime(2030, 1, 1, tzinfo=UTC)
LONG_TASKS = (
    "window.long = []; new PerformanceObserver(list => window.long.push(...list.getEntries().map(e =>"
    " e.duration))).observe({type: 'longtask'})"
)
FRAMES_WAITED = """() => {
    window.waited = []
    let last = performance.now()
    const look = now => { window.waited.push(now - last); last = now; requestAnimationFrame(look) }
    requestAnimationFrame(now => { last = now; requestAnimationFrame(look) })
}"""
FORM = """
new MutationObserver(() => {
    const button = document.querySelector('form button[type=submit]');
    const [navigation] = performance.getEntriesByType('navigation');
    if (button && !window.usableAt) window.usableAt = performance.now() - navigation.responseEnd;
}).observe(document, {childList: true, subtree: true})
"""


def job_id(number):
    return UUID(int=number)


async def fill(store):
    from flows.knowledge import Job, JobEvent

    for number in range(1, JOBS + 1):
        document = Job(
            job_id=job_id(number),
            mode="big",
            status="completed",
            progress=100,
            created_at=START + timedelta(seconds=number),
        )
        await store.begin_attempt(document)
    await store.begin_attempt(
        Job(
            job_id=job_id(1),
            mode="big",
            status="running",
            created_at=START,
            deadline_at=datetime.now(UTC) + timedelta(minutes=10),
        )
    )
    words = tuple(f"word{n}" for n in range(20))
    for first in range(1, EVENTS, 200):
        lines = [
            JobEvent(
                attempt=2,
                seq=n,
                kind="words.learned",
                text=f"20 words learned in batch {n}",
                words=words,
                occurred=START + timedelta(seconds=n / 5),
            )
            for n in range(first, first + 200)
        ]
        await store.append_log(job_id(1), lines)


def scroll(page, selector, times):
    return page.evaluate(
        """async ([selector, times]) => {
            const box = selector ? document.querySelector(selector) : document.scrollingElement;
            window.long.length = 0;
            for (let n = 0; n < times; n++) {
                box.scrollTop = ((n * 7919) % 100) / 100 * box.scrollHeight;
                await new Promise(done => requestAnimationFrame(() => setTimeout(done, 16)));
            }
            return window.long.map(ms => Math.round(ms));
        }""",
        [selector, times],
    )


def graph():
    """A graph as the facade sends it: words around one, half of them learned."""
    nodes = [
        {
            "key": f"w{n}",
            "word": f"word {n}",
            "depth": "enriched" if n % 2 == 0 else None,
            "distance": min(n, 1),
        }
        for n in range(WORDS)
    ]
    edges = [{"source": f"w{n // 8}", "target": f"w{n}", "kind": "related"} for n in range(1, WORDS)]
    return {"nodes": nodes, "edges": edges, "is_truncated": False}


def large_graph(browser, url):
    """The tasks over 50 ms until a large graph stands still, and while it is dragged, with the longest frame;
    for an entry that has nothing else.
    """
    made = {
        "model": "m",
        "prompt_version": "1",
        "job_id": str(job_id(1)),
        "round": 1,
        "tokens_in": 0,
        "tokens_out": 0,
    }
    lists = (
        "examples",
        "applications",
        "misconceptions",
        "senses",
        "relations",
        "related_concepts",
        "citations",
    )
    names = {
        "key": "w0",
        "word": "word 0",
        "part_of_speech": "noun",
        "category": "plant",
        "depth": "enriched",
        "support": "supported",
    }
    times = {
        "created_at": START.isoformat(),
        "updated_at": START.isoformat(),
        "revision": 1,
        "definition": "A word.",
        "explanation": "",
    }
    entry = names | times | {"provenance": made} | dict.fromkeys(lists, ())
    page = browser.new_page()
    page.add_init_script(LONG_TASKS)
    page.route(re.compile("/entries/"), lambda route: route.fulfill(json=entry))
    page.route(re.compile("/graph/"), lambda route: route.fulfill(json=graph()))
    page.goto(f"{url}/#/entries/word%200")
    page.get_by_text(f"{WORDS:,} words in the graph").wait_for(timeout=60_000)
    page.wait_for_timeout(6_000)
    tasks = [round(ms) for ms in page.evaluate("window.long.splice(0)")]
    page.evaluate(FRAMES_WAITED)
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    for n in range(60):
        page.mouse.move(box["x"] + 40 + 3 * n, box["y"] + 40 + 2 * n)
    page.mouse.up()
    dragged = [round(ms) for ms in page.evaluate("window.long")]
    longest = round(max(page.evaluate("window.waited")))
    page.close()
    return tasks, dragged, longest


def heap_mb(cdp):
    for _ in range(3):
        cdp.send("HeapProfiler.collectGarbage")
    found = cdp.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in found if m["name"] == "JSHeapUsedSize") / 2**20


def first_load(browser, url):
    page = browser.new_page()
    page.add_init_script(FORM)
    sizes = {}
    page.on(
        "requestfinished", lambda request: sizes.__setitem__(request.url, request.sizes()["responseBodySize"])
    )
    page.goto(f"{url}/#/jobs", wait_until="networkidle")
    usable = page.evaluate("window.usableAt")
    page.close()
    return sum(size for name, size in sizes.items() if not name.endswith(".woff2")), usable


def measure():
    """The figures by name."""
    from api_server import serving, without_prefect
    from playwright.sync_api import sync_playwright

    from tests.benchmarks.measured.replay import Replay

    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        without_prefect(),
        serving(Path(folder), ui=ROOT / "ui" / "dist", request_timeout_s=60) as served,
    ):
        served.do(fill(served.store))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            found["first load, bytes"], found["usable after, ms"] = first_load(browser, served.url)

            tasks, dragged, longest = large_graph(browser, served.url)
            found["tasks over 50 ms, graph of 3,000 words"], found["tasks over 50 ms, dragging it"] = (
                tasks,
                dragged,
            )
            found["longest frame, dragging it, ms"] = longest

            page = browser.new_page()
            page.add_init_script(LONG_TASKS)
            replay = Replay(page, served.url, job_id(1))
            page.goto(f"{served.url}/#/jobs/{job_id(1)}")
            page.get_by_text(f"{EVENTS:,} events").wait_for(timeout=120_000)
            found["tasks over 50 ms, log standing"] = scroll(page, "[aria-label='Events, newest first']", 100)
            cdp = page.context.new_cdp_session(page)
            cdp.send("Performance.enable")
            page.evaluate("window.long.length = 0")
            before = heap_mb(cdp)
            for _ in range(FRAMES):
                replay.send()
                page.wait_for_timeout(90)
            page.get_by_text(f"{FRAMES * 100:,}", exact=True).first.wait_for()
            found["tasks over 50 ms, ten minutes of frames"] = [
                round(ms) for ms in page.evaluate("window.long")
            ]
            found["heap before, MB"], found["heap after, MB"] = round(before, 1), round(heap_mb(cdp), 1)
            page.close()

            page = browser.new_page()
            page.add_init_script(LONG_TASKS)
            page.goto(f"{served.url}/#/jobs")
            deadline = time.monotonic() + 300
            page.get_by_role("table").wait_for()
            while (
                int(page.locator("table").get_attribute("aria-rowcount")) < JOBS
                and time.monotonic() < deadline
            ):
                page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
                page.wait_for_timeout(20)
            found["rows in the table"] = int(page.locator("table").get_attribute("aria-rowcount")) - 1
            found["tasks over 50 ms, table"] = scroll(page, "", 100)
            browser.close()
    return found


def test_the_dashboard_is_light():
    if shutil.which("chromium") is None:
        import pytest

        pytest.skip("There is no chromium. On Debian and Ubuntu: apt-get install chromium")
    found = measure()
    print(json.dumps(found, indent=1))
    assert found["first load, bytes"] <= 120_000
    assert found["heap after, MB"] - found["heap before, MB"] < 20


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
