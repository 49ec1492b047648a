from __future__ import annotations

import re

import mwparserfromhell
import pytest

from flows.lexicon.reader import Lexicon
from tests.world.faults import Fault
from tests.world.wikimedia import expanding
from tests.world.wikimedia.dictionary import Dictionary


@pytest.fixture(scope="module")
def dictionary():
    with Lexicon() as lexicon:
        yield Dictionary(lexicon)


@pytest.fixture(scope="module")
def pages(dictionary):
    return dictionary.find([lemma.text for lemma in dictionary._lexicon.lemmas(500, 1500)])


def test_revisions_have_their_documented_shape(read):
    body = read.raw(
        "wiktionary", titles="dog", prop="revisions|info", rvprop="ids|content", rvslots="main", inprop="url"
    ).json()
    [page] = body["query"]["pages"]
    assert page["fullurl"] == "https://en.wiktionary.org/wiki/dog"
    [revision] = page["revisions"]
    assert revision["revid"] == page["lastrevid"]
    assert set(revision["slots"]["main"]) == {"contentmodel", "contentformat", "content"}


def test_without_slots_the_old_format_comes_with_a_warning(read):
    body = read.raw("wiktionary", titles="dog", prop="revisions", rvprop="content").json()
    assert "==English==" in body["query"]["pages"][0]["revisions"][0]["content"]
    assert "rvslots" in body["warnings"]["revisions"]["warnings"]


def test_introductions_are_empty_there(read):
    body = read.raw("wiktionary", titles="dog", prop="extracts", exintro="1", explaintext="1").json()
    assert body["query"]["pages"][0]["extract"] == ""


def test_entries_are_written_as_the_english_wiktionary_writes_them(read):
    text = read.entries("dog")["dog"]
    assert re.search(r"^==English==$", text, re.MULTILINE)
    assert re.search(r"^===+Noun===+\n\{\{en-noun\}\}$", text, re.MULTILINE)
    assert re.search(r"^===+Verb===+\n\{\{en-verb\}\}$", text, re.MULTILINE)
    assert re.search(r"^#: \{\{ux\|en\|the '''dog''' barked all night\}\}$", text, re.MULTILINE)
    first = re.search(r"^# (.*)$", text, re.MULTILINE)
    assert first is not None
    assert mwparserfromhell.parse(first[1]).strip_code().startswith("A member of the genus Canis")


def test_titles_are_told_apart_by_their_case(dictionary):
    found = dictionary.find(["turkey", "Turkey", "TURKEY"])
    assert "bird" in found["turkey"].wikitext
    assert "TURKEY" not in found
    for title in set(found) & {"Turkey"}:
        assert "bird" not in found[title].wikitext


def test_inflections_only_name_their_base(read):
    entries = read.entries("dogs", "barking")
    assert "# {{plural of|en|dog}}" in entries["dogs"]
    assert "# {{present participle of|en|bark}}" in entries["barking"]


def test_what_is_no_word_has_no_entry(read):
    assert read.entries("zzqxv") == {"zzqxv": None}


def test_fifty_titles_are_one_answer(read, pages):
    assert len(read.entries(*list(pages)[:50])) == 50


def test_pages_have_the_traps_of_real_ones(pages):
    texts = [page.wikitext for page in pages.values()]

    def share(pattern):
        return sum(bool(re.search(pattern, text, re.MULTILINE)) for text in texts) / len(texts)

    assert 0.8 < len(pages) / 1500 <= 0.97
    assert share("^==English==$") == 1
    assert 0.2 < share("^==French==$") < 0.6
    assert 0.1 < share("^==Translingual==$") < 0.4
    assert share("^===Etymology 2===$") > 0.05
    assert share(r"^# \{\{lb\|en\|") > 0.05
    assert share(r"\[\[\w+\|\w+\]\]") > 0.3
    assert share(r"^#\* \{\{quote-book\|en\|") > 0.05
    assert share(r"^# .*\{\{trade term\|") > 0.02
    assert share("^====+Derived terms====+$") > 0.2


def shown(line):
    """A line without its labels, and with its other templates expanded."""
    text = re.sub(r"\{\{lb\|[^{}]*\}\}", "", line)
    return expanding.expand({"text": text, "prop": "wikitext"})["expandtemplates"]["wikitext"]


def test_every_meaning_is_one_of_the_lexicon(dictionary, pages):
    glosses = {
        gloss
        for entry in dictionary._lexicon.lookup({title.casefold() for title in pages}).values()
        for gloss in (re.sub(r"\W+", " ", sense.gloss).strip().casefold() for sense in entry.senses)
    }
    senses = [
        re.sub(r"\W+", " ", mwparserfromhell.parse(shown(line)).strip_code()).strip().casefold()
        for page in pages.values()
        for line in re.findall(
            r"^# (.*)$", page.wikitext.partition("==English==")[2].partition("==French==")[0], re.MULTILINE
        )
    ]
    assert len(senses) > 4000
    assert sum(sense in glosses for sense in senses) / len(senses) > 0.99


def test_faults_of_the_other_wiki_spare_this_one(world, read):
    world.plan(Fault(kind="too_many", route="wikipedia"))
    assert read.raw(titles="Dog").status_code == 429
    assert read.entries("dog")["dog"]


def test_a_poisoned_entry(world, read):
    world.plan(Fault(kind="injection", route="wiktionary", word="dog"))
    entries = read.entries("dog", "cat")
    assert "IGNORE ALL PREVIOUS INSTRUCTIONS" in entries["dog"]
    assert "IGNORE" not in entries["cat"]


def test_templates_are_expanded_as_on_the_page_that_is_named(read):
    def expanded(text, **more):
        body = read.raw("wiktionary", action="expandtemplates", text=text, **more).json()
        return body["expandtemplates"]["wikitext"]

    more = {"prop": "wikitext", "title": "pub"}
    assert expanded("A {{trade term|pint|{{own name}}}}.", **more) == (
        "A <span class=\"trade-term\">[[pint|''pub'']]</span>."
    )
    assert expanded("{{unheard of|x}} {{PAGENAME}}", **more) == "[[:Template:unheard of]] pub"
    assert "Category" in expanded("{{needs sources}}", **more)
    legacy = read.raw("wiktionary", action="expandtemplates", text="{{own name}}").json()
    assert (legacy["expandtemplates"], "legacy" in str(legacy["warnings"])) == ({"*": "''API''"}, True)
    assert read.raw("wiktionary", action="expandtemplates").json()["error"]["code"] == "missingparam"
