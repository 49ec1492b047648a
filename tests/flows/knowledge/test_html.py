from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "stores"))

from store_documents import citation, entry

from flows.knowledge import Entry, Relation, Sense

NASTY = "<script>alert(1)</script>\"'&"


class Reader(HTMLParser):
    """What a browser would see: the tags in their order, the links, and the text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.links, self.text, self.attributes, self.tags = [], [], "", set(), set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


def full(text):
    return entry(
        "moss",
        word=text,
        definition=text,
        explanation=text,
        examples=(text,),
        related_concepts=(text, "fern"),
        relations=(Relation(kind=text, word=text),),
        senses=(Sense(part_of_speech="noun", gloss=text), Sense(part_of_speech="verb", gloss="to grow moss")),
        applications=(text,),
        misconceptions=(text,),
        citations=(
            citation().model_copy(
                update={"title": text, "source": text, "licence": text, "url": f"https://example.org/{text}"}
            ),
        ),
        provenance=entry("moss").provenance.model_copy(update={"model": text}),
    )


def test_a_page_says_all_that_an_entry_holds():
    page = Reader(full("words of moss")._repr_html_())
    assert page.open == []
    assert page.text.count("words of moss") == 14
    for part in (
        "n.",
        "v.",
        "to grow moss",
        "cognition",
        "fern",
        "Uses",
        "Often misunderstood",
        "round 1",
        "enriched",
    ):
        assert part in page.text
    assert page.links == ["https://example.org/words of moss", "https://example.org/licence"]


def test_no_text_becomes_markup():
    html = full(NASTY)._repr_html_()
    page = Reader(html)
    assert page.open == []
    assert page.tags <= {"div", "p", "b", "i", "a", "span", "ul", "ol", "li"}
    assert page.attributes <= {"style", "href", "rel", "target"}
    assert page.text.count("<script>") == 14
    assert "<script" not in html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//example.org"]
)
def test_a_link_leads_to_a_page_or_nowhere(url):
    nasty = citation().model_copy(update={"url": url, "licence_url": url})
    page = Reader(entry("moss", citations=(nasty,))._repr_html_())
    assert page.links == []
    assert "Title" in page.text


def test_the_smallest_entry_and_one_without_sources():
    page = Reader(
        entry("moss", citations=(), support="model_only", examples=(), related_concepts=())._repr_html_()
    )
    assert page.open == []
    assert "no source found" in page.text
    assert "Related" not in page.text
    assert isinstance(entry("moss"), Entry)
