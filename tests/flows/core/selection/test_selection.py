"""Which proposed words a round takes, and why not the others."""

from __future__ import annotations

import pytest

from flows.core.selection import screen
from flows.knowledge import Candidate, Verdict
from tests.flows.core.selection.selection_words import (
    are_variants,
    judged,
    outcomes,
    screened,
)


def test_new_words_are_accepted_in_their_display_form_with_their_key():
    assert judged(" Ice  Lolly ", ("dog", "given")) == (
        Candidate(text="Ice Lolly", key="ice lolly", origin="model", verdict=Verdict.ACCEPTED),
        Candidate(text="dog", key="dog", origin="given", verdict=Verdict.ACCEPTED),
    )


def test_a_malformed_word_is_kept_as_it_can_be_shown():
    assert judged(("A\x00Cat", "frontier"), "42") == (
        Candidate(
            text="A\ufffdCat",
            key="a\ufffdcat",
            origin="frontier",
            verdict=Verdict.MARKUP,
            reason="Contains control characters",
        ),
        Candidate(text="42", key="42", origin="model", verdict=Verdict.NUMBER, reason="A number"),
    )


def test_a_word_that_comes_again_is_the_same_as_the_first():
    assert outcomes(judged("Cat", "dog", "cat", "CAT")) == [
        ("Cat", Verdict.ACCEPTED, None),
        ("dog", Verdict.ACCEPTED, None),
        ("cat", Verdict.REPEATED, "Same as “Cat” in this round"),
        ("CAT", Verdict.REPEATED, "Same as “Cat” in this round"),
    ]


def test_a_word_of_this_job_comes_once():
    dealt_with = (Verdict.PROCESSED, "Already handled by this job")
    assert outcomes(judged("Cat", "cat", processed=["cat"])) == [("Cat", *dealt_with), ("cat", *dealt_with)]


@pytest.mark.parametrize("order", [("Cats", "Cat"), ("Cat", "Cats")])
def test_of_a_base_form_and_its_inflection_the_base_form_stands(order):
    by_text = {c.text: (c.verdict, c.reason) for c in judged(*order)}
    assert by_text == {
        "Cat": (Verdict.ACCEPTED, None),
        "Cats": (Verdict.INFLECTION, "An inflection of “Cat” in this round"),
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Colour", "color"),
        ("color", "Colour"),
        ("Ice cream", "ice-cream"),
        ("Cafe", "café"),
        ("café", "cafe"),
    ],
)
def test_of_two_spellings_the_first_stands(first, second):
    assert outcomes(judged(first, second)) == [
        (first, Verdict.ACCEPTED, None),
        (second, Verdict.SPELLING_VARIANT, f"Another spelling of “{first}” in this round"),
    ]


def test_an_inflection_of_another_spelling_is_an_inflection():
    assert outcomes(judged("colours", "color"))[0] == (
        "colours",
        Verdict.INFLECTION,
        "An inflection of “color” in this round",
    )


def test_an_inflection_stands_for_no_spelling_even_before_its_base_form():
    assert [c.verdict for c in judged("colours", "color", "colour")] == [
        Verdict.INFLECTION,
        Verdict.ACCEPTED,
        Verdict.SPELLING_VARIANT,
    ]


def test_a_word_is_no_relative_of_itself():
    found = screen(
        [("colour", "model")], processed=(), base_forms=lambda key: ["color"], are_variants=are_variants
    )
    assert found.words[0].relatives == {"color": Verdict.INFLECTION}


def test_an_inflection_that_is_a_headword_stands():
    assert [c.verdict for c in judged("found", "find")] == [Verdict.ACCEPTED] * 2


def test_of_two_words_that_call_each_other_inflections_the_first_stands():
    bases = {"die": ["dice"], "dice": ["die"]}
    both = [("dice", "model"), ("die", "model")]
    found = screen(both, processed=(), base_forms=lambda key: bases[key], are_variants=are_variants)
    assert [word.rejection for word in found.words] == [
        None,
        (Verdict.INFLECTION, "An inflection of “dice” in this round", "dice"),
    ]


def test_a_rejected_spelling_holds_no_other_one_back():
    alike = [{"colour", "color"}, {"color", "colore"}]
    words = [(text, "model") for text in ("colour", "color", "colore")]
    found = screen(
        words, processed=(), base_forms=lambda key: (), are_variants=lambda one, other: {one, other} in alike
    )
    assert [word.rejection and word.rejection[0] for word in found.words] == [
        None,
        Verdict.SPELLING_VARIANT,
        None,
    ]


def test_a_relative_that_this_job_has_dealt_with_is_named():
    assert outcomes(judged("Cats", "color", processed=["cat", "colour"])) == [
        ("Cats", Verdict.INFLECTION, "An inflection of “cat”, which this job already handled"),
        ("color", Verdict.SPELLING_VARIANT, "Another spelling of “colour”, which this job already handled"),
    ]


def test_leftover_words_are_nobodys_inflection_or_variant():
    assert [
        c.verdict for c in judged(("cats", "leftover"), ("colour", "leftover"), ("color", "leftover"), "cat")
    ] == [Verdict.ACCEPTED] * 4
    assert [c.verdict for c in judged(("cafe", "leftover"), "café")] == [
        Verdict.ACCEPTED,
        Verdict.SPELLING_VARIANT,
    ]
    assert [c.verdict for c in judged("café", ("cafe", "leftover"))] == [Verdict.ACCEPTED] * 2


def test_only_open_words_and_their_relatives_are_looked_up():
    screening = screened("Cats", "42", "colour", "dog", "dog", processed=["cat"])
    assert screening.keys_to_look_up == {"colour", "color", "dog"}
    assert screened("colours").keys_to_look_up == {"colours", "colour", "color"}
    assert screened(("colours", "leftover")).keys_to_look_up == {"colours"}


@pytest.mark.parametrize(
    ("taken", "verdict", "reason"),
    [
        ({"colours": True}, Verdict.KNOWN, "Already known"),
        ({"colours": False}, Verdict.CLAIMED_ELSEWHERE, "Another job is learning it"),
        ({"colour": True}, Verdict.INFLECTION, "An inflection of “colour”, which is already known"),
        ({"color": False}, Verdict.INFLECTION, "An inflection of “color”, which another job is learning"),
        ({"cat": True}, Verdict.ACCEPTED, None),
    ],
)
def test_what_is_taken_is_rejected_with_its_reason(taken, verdict, reason):
    assert outcomes(judged("colours", taken=taken)) == [("colours", verdict, reason)]


def test_another_spelling_that_is_known_is_named():
    assert outcomes(judged("color", taken={"colour": True})) == [
        ("color", Verdict.SPELLING_VARIANT, "Another spelling of “colour”, which is already known")
    ]


def test_words_over_the_limit_are_postponed():
    assert outcomes(judged("one", "42", "two", "three", limit=2)) == [
        ("one", Verdict.ACCEPTED, None),
        ("42", Verdict.NUMBER, "A number"),
        ("two", Verdict.ACCEPTED, None),
        ("three", Verdict.POSTPONED, "Round full; kept for the next one"),
    ]
    assert [c.verdict for c in judged("one", "two", limit=0)] == [Verdict.POSTPONED] * 2
