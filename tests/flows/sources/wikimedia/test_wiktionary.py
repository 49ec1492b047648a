"""Wiktionary: meanings of words that it knows in just these letters."""

import pytest
from odd_wiki import odd_wiki

from flows.core.words import parse_word
from flows.errors import SourceUnavailable
from flows.sources.base import MOST_SENSES
from flows.sources.wikimedia.wiktionary import Wiktionary
from tests.world.faults import Fault


def words(*texts):
    return [parse_word(text) for text in texts]


def page(title, *lines, revid=42, heading="Noun"):
    content = f"==English==\n==={heading}===\n" + "\n".join(lines)
    slots = {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": content}}
    return {"ns": 0, "title": title, "revisions": [{"revid": revid, "parentid": 1, "slots": slots}]}


def wiki(*pages):
    """Answers with the pages that are asked for, told apart by case."""
    known = {item["title"]: item for item in pages}

    def answer(parameters):
        asked = parameters["titles"].split("|")
        return {
            "query": {
                "pages": [known.get(title, {"ns": 0, "title": title, "missing": True}) for title in asked]
            }
        }

    return odd_wiki(answer, name="Wiktionary")


async def test_twenty_five_words_in_both_cases_are_one_request_and_their_templates_another(wiktionary, world):
    asked = words(
        *"photosynthesis mercury dog reconcile Paris bank turkey sincere quickly car gravity justice polish"
        " apple zzqxv zzqxw".split()
    )
    found = await wiktionary.look_up(asked)
    assert world.statuses("wiktionary") == {200: 2}
    assert len(world.log("wiktionary")[0]["words"]) == 32
    assert {"photosynthesis", "mercury", "dog", "paris", "quickly"} <= set(found)
    assert {"zzqxv", "zzqxw"}.isdisjoint(found)
    assert all(1 <= len(pieces) <= MOST_SENSES for pieces in found.values())


async def test_evidence_has_its_part_of_speech_and_a_complete_citation(wiktionary):
    found = await wiktionary.look_up(words("quickly"))
    piece = found["quickly"][0]
    assert (piece.source, piece.part_of_speech, piece.text) == ("wiktionary", "adverb", "With speed.")
    citation = piece.citation
    assert (citation.source, citation.title, citation.url) == (
        "Wiktionary",
        "quickly",
        "https://en.wiktionary.org/wiki/quickly#English",
    )
    assert citation.revision.isdigit()
    assert citation.licence == "CC BY-SA 4.0"
    assert citation.quote == piece.text


async def test_case_chooses_the_page_and_the_other_case_is_the_second_choice():
    pages = [
        page("turkey", "# A large bird."),
        page("Turkey", "# A country."),
        page("Monday", "# A day of the week."),
        page("cat", "# An animal."),
    ]
    async with wiki(*pages) as api:
        source = Wiktionary(api)
        assert [p.text for p in (await source.look_up(words("turkey")))["turkey"]] == ["A large bird."]
        assert [p.text for p in (await source.look_up(words("Turkey")))["turkey"]] == ["A country."]
        assert [p.text for p in (await source.look_up(words("monday")))["monday"]] == ["A day of the week."]
        assert [p.text for p in (await source.look_up(words("Cat")))["cat"]] == ["An animal."]


async def test_a_form_is_told_by_its_lemma_and_cited_from_there():
    pages = [
        page("mice", "# {{plural of|en|mouse}}."),
        page("mouse", "# {{lb|en|obsolete}} A muscle.", "# A small rodent.", revid=7),
    ]
    async with wiki(*pages) as api:
        pieces = (await Wiktionary(api).look_up(words("mice")))["mice"]
        assert len(api.asked) == 2
    assert [piece.text for piece in pieces] == [
        "plural of mouse: A small rodent.",
        "plural of mouse: (obsolete) A muscle.",
    ]
    assert (pieces[0].citation.title, pieces[0].citation.revision, pieces[0].citation.quote) == (
        "mouse",
        "7",
        "A small rodent.",
    )


async def test_a_form_prefers_the_lemmas_meanings_of_its_own_part_of_speech():
    walk = page("walk", "# A trip on foot.")
    walk["revisions"][0]["slots"]["main"]["content"] += "\n===Verb===\n# To move on foot."
    async with wiki(page("walked", "# {{en-past of|walk}}", heading="Verb"), walk) as api:
        pieces = (await Wiktionary(api).look_up(words("walked")))["walked"]
    assert [piece.text for piece in pieces] == ["past tense of walk: To move on foot."]


async def test_forms_that_lead_in_a_circle_or_nowhere_are_refused_after_two_requests():
    pages = [
        page("aa", "# {{alt form|en|bb}}"),
        page("bb", "# {{alt form|en|aa}}"),
        page("cc", "# {{plural of|en|dd}}"),
    ]
    async with wiki(*pages) as api:
        assert await Wiktionary(api).look_up(words("aa", "cc")) == {}
        assert len(api.asked) == 2


async def test_a_word_with_meanings_of_its_own_is_told_by_them_alone():
    async with wiki(page("glasses", "# {{plural of|en|glass}}", "# A frame with lenses.")) as api:
        pieces = (await Wiktionary(api).look_up(words("glasses")))["glasses"]
    assert [piece.text for piece in pieces] == ["A frame with lenses."]


async def test_a_page_in_another_language_alone_is_nothing():
    french = {
        "ns": 0,
        "title": "chat",
        "revisions": [{"revid": 1, "slots": {"main": {"content": "==French==\n===Noun===\n# Un animal."}}}],
    }
    async with wiki(french) as api:
        assert await Wiktionary(api).look_up(words("chat")) == {}


async def test_a_page_whose_text_is_hidden_is_nothing():
    hidden = {"ns": 0, "title": "cat", "revisions": [{"revid": 1, "slots": {"main": {"texthidden": True}}}]}
    async with wiki(hidden, {"ns": 0, "title": "dog"}) as api:
        assert await Wiktionary(api).look_up(words("cat", "dog")) == {}


async def test_a_page_with_orders_changes_nothing_but_its_own_words_evidence(wiktionary, world):
    asked = words("quickly", "dog", "apple")
    before = await wiktionary.look_up(asked)
    world.plan(Fault(kind="injection", word="dog"))
    after = await wiktionary.look_up(asked)
    assert [piece.text for piece in after["quickly"] + after["apple"]] == [
        piece.text for piece in before["quickly"] + before["apple"]
    ]
    assert set(after) == set(before)


async def test_a_failing_wiki_is_told_as_such_and_never_as_nothing_found(wiktionary, world):
    world.plan(Fault(kind="reset"))
    with pytest.raises(SourceUnavailable):
        await wiktionary.look_up(words("dog"))


async def test_it_is_asked_for_what_wikipedia_leaves_wanting(wiktionary):
    assert wiktionary.stands_in_for == "wikipedia"
    assert 2 * wiktionary.batch_size <= 50
