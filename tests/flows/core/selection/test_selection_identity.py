"""Words that a lexicon does not list: other spellings and regular forms, in a round and against what
is known.
"""

from __future__ import annotations

import pytest

from flows.core.selection import judge, screen
from flows.knowledge import Verdict
from tests.flows.core.selection.selection_words import outcomes

HEADWORDS = {"expose": "verb", "vlogging": "noun", "corner": "noun", "resigned": "adjective"}


def screened(*texts, processed=(), written=None, language="en"):
    return screen(
        [(text, "model") if isinstance(text, str) else text for text in texts],
        processed=processed,
        base_forms=lambda key: {"mice": ["mouse"]}.get(key, []),
        are_variants=lambda one, other: {one, other} == {"aeon", "eon"},
        parts_of=lambda key: frozenset({HEADWORDS[key]} if key in HEADWORDS else ()),
        language=language,
        written=written,
    )


def judged(*texts, stored=(), processed=(), written=None):
    found = screened(*texts, processed=processed, written=written)
    spelled = {
        graphical: keys for graphical, keys in dict(stored).items() if graphical in found.graphical_keys
    }
    found = found.with_stored(spelled, processed=processed)
    known = {key: True for keys in spelled.values() for key in keys}
    return judge(found, taken=known, limit=100)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cafe", "café"),
        ("naïve", "naive"),
        ("cooperate", "co-operate"),
        ("icecream", "ice cream"),
        ("œuvre", "oeuvre"),
        ("Hawai'i", "Hawaii"),
        ("İzmir", "Izmir"),
        ("eon", "æon"),
    ],
)
def test_of_two_spellings_the_first_stands_and_is_named(first, second):
    one, other = judged(first, second)
    assert (one.verdict, other.verdict, other.variant_of) == (
        Verdict.ACCEPTED,
        Verdict.SPELLING_VARIANT,
        first,
    )
    assert other.reason == f"Another spelling of “{first}” in this round"


@pytest.mark.parametrize("texts", [("resume", "résumé"), ("expose", "exposé"), ("coop", "co-op")])
def test_doublets_both_stand(texts):
    assert [c.verdict for c in judged(*texts)] == [Verdict.ACCEPTED] * 2


def test_a_regular_form_gives_way_to_its_word_unless_it_is_a_headword():
    assert outcomes(judged("selfies", "selfie", "vlogging", "vlog")) == [
        ("selfies", Verdict.INFLECTION, "An inflection of “selfie” in this round"),
        ("selfie", Verdict.ACCEPTED, None),
        ("vlogging", Verdict.ACCEPTED, None),
        ("vlog", Verdict.ACCEPTED, None),
    ]


def test_a_form_of_another_spelling_is_an_inflection():
    assert judged("cafés", "cafe")[0].verdict is Verdict.INFLECTION
    assert judged("co-opted", "coopt")[0].variant_of == "coopt"
    assert judged("mice", "mouse")[0].verdict is Verdict.INFLECTION


def test_a_known_spelling_is_found_and_named():
    stored = {"cafe": ["café"], "icecream": ["ice cream"]}
    assert outcomes(judged("cafe", "Ice-Cream", stored=stored)) == [
        ("cafe", Verdict.SPELLING_VARIANT, "Another spelling of “café”, which is already known"),
        ("Ice-Cream", Verdict.SPELLING_VARIANT, "Another spelling of “ice cream”, which is already known"),
    ]
    assert outcomes(judged("cafes", stored=stored)) == [
        ("cafes", Verdict.INFLECTION, "An inflection of “café”, which is already known")
    ]


def test_a_known_word_that_only_looks_alike_is_no_hindrance():
    stored = {"rose": ["rosé"], "resigned": ["re-signed"]}
    assert [c.verdict for c in judged("rose", "resigned", stored=stored)] == [Verdict.ACCEPTED] * 2


def test_a_stored_spelling_that_this_job_has_dealt_with_is_named_so():
    (found,) = judged("cafe", stored={"cafe": ["café"]}, processed=["café"])
    assert found.reason == "Another spelling of “café”, which this job already handled"


def test_leftover_words_are_nobodys_spelling():
    found = screened(("cafe", "leftover"), ("naive", "model"))
    assert found.graphical_keys == {"naive"}
    assert found.with_stored({"cafe": ["café"]}).words[0].relatives == {}


def test_in_another_language_an_accent_parts_words_and_english_endings_do_not_count():
    found = screened("schon", "schön", "tags", "tag", language="de")
    assert [word.rejection for word in found.words] == [None] * 4


def test_words_are_taken_as_the_lexicon_writes_them():
    written = {"TABLE": "table", "naïve": "naive"}
    found = judged("TABLE", "table", "naïve", "naive", "Naïve", written=written)
    assert outcomes(found) == [
        ("table", Verdict.ACCEPTED, None),
        ("table", Verdict.REPEATED, "Same as “table” in this round"),
        ("naive", Verdict.ACCEPTED, None),
        ("naive", Verdict.SPELLING_VARIANT, "Another spelling of “naïve” in this round"),
        ("Naïve", Verdict.SPELLING_VARIANT, "Another spelling of “naive” in this round"),
    ]
