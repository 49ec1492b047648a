"""From the empty page to an entry that was learned a minute ago.

It comes first: the stack knows nothing yet.
"""

from __future__ import annotations

import re

import pytest
from pages import status
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.smoke, pytest.mark.timeout(300)]


def test_a_stranger_learns_words_and_reads_them(stack, open_page):
    page = open_page(stack.url)
    page.sees("No jobs yet.")
    expect(page.get_by_role("button", name="Start Big Learning Job")).to_be_visible()

    page.get_by_label("Topic").fill("moss")
    page.get_by_label("Minutes").fill("1")
    page.sees("limited by")
    page.get_by_role("button", name="Start Big Learning Job").click()

    expect(page.heading("moss", level=1)).to_be_visible()
    page.sees("words learned", exact=True)
    status(page, "completed")
    assert page.figure("words learned") == stack.store.count() > 0

    entry = page.get_by_role("region", name="Newest entries").get_by_role("link").first
    word = entry.inner_text()
    entry.click()
    expect(page.heading(word, level=1, exact=True)).to_be_visible()
    page.sees("Sources")
    page.sees("Written by wordnet-3.1")

    page.get_by_role("link", name="Knowledge", exact=True).click()
    with page.expect_response(lambda response: "q=" in response.url):
        page.get_by_label("Search").fill(word)
    page.get_by_role("region", name="Entries").get_by_role(
        "link", name=re.compile(rf"^{re.escape(word)} \w+,")
    ).first.click()
    expect(page.heading(word, level=1, exact=True)).to_be_visible()
    assert {url.split("/")[2] for url in page.requests} == {stack.url.split("/")[2]}


def test_a_word_that_is_only_mentioned_is_learned_by_one_click(stack, open_page):
    page = open_page(f"{stack.url}/#/knowledge?show=frontier")
    word = page.get_by_role("region", name="Words not learned yet").get_by_role("link").first.inner_text()
    page.get_by_role("button", name=f"Learn {word}", exact=True).click()
    expect(page.get_by_role("link", name=f"{word}: learned; view job")).to_be_visible(timeout=60_000)
    page.at(f"#/entries/{word}")
    page.sees("Written by wordnet-3.1")


def test_a_word_that_nobody_knows_can_be_learned_where_it_was_looked_for(stack, open_page):
    page = open_page(f"{stack.url}/#/entries/photosynthesis")
    page.sees("Not learned yet.")
    page.get_by_role("button", name="Learn photosynthesis").click()
    page.sees("Written by wordnet-3.1")
    expect(page.heading("photosynthesis", level=1)).to_be_visible()
