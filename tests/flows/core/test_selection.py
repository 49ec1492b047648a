"""Which proposed words a round takes, and why not the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import texts

from flows.core.selection import MALFORMED, Screened, Screening, counts_of, judge, screen, with_claims
from flows.core.words import display_form, form_problem, word_key
from flows.knowledge import Candidate, ClaimResult, Counts, Verdict

BASES = {
    "cats": ["cat"],
    "colours": ["colour"],
    "colors": ["color"],
    "found": ["find", "found"],
    "leaves": ["leaf", "leave"],
}
ONE_MEANING = [{"colour", "color"}, {"ice cream", "ice-cream"}, {"cafe", "café"}, {"centre", "center"}]

vocabulary = st.sampled_from(
    [
        "cat",
        "Cat",
        "cats",
        "colour",
        "color",
        "colours",
        "colors",
        "found",
        "find",
        "leaves",
        "leaf",
        "leave",
        "ice cream",
        "ice-cream",
        "Ice-Cream",
        "café",
        "cafe",
        "centre",
        "center",
        "",
        "42",
        "it is big",
        "<b>",
        "a b c d e",
        "a" * 61,
        "?",
    ]
)
origins = st.sampled_from(["model", "backlog", "frontier", "given", "leftover"])
proposals = st.lists(st.tuples(vocabulary | texts, origins), max_size=14)
some_keys = st.sets(vocabulary.filter(bool).map(word_key), max_size=4)


def base_forms(key):
    return BASES.get(key, [])


def are_variants(one, other):
    return {one, other} in ONE_MEANING


def screened(*proposed, processed=()):
    pairs = [(item, "model") if isinstance(item, str) else item for item in proposed]
    return screen(pairs, processed=processed, base_forms=base_forms, are_variants=are_variants)


def judged(*proposed, processed=(), taken=None, limit=100):
    return judge(screened(*proposed, processed=processed), taken=taken or {}, limit=limit)


def outcomes(candidates):
    return [(c.text, c.verdict, c.reason) for c in candidates]


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
            reason="It holds control characters",
        ),
        Candidate(text="42", key="42", origin="model", verdict=Verdict.NUMBER, reason="It is a number"),
    )


def test_a_word_that_comes_again_is_the_same_as_the_first():
    assert outcomes(judged("Cat", "dog", "cat", "CAT")) == [
        ("Cat", Verdict.ACCEPTED, None),
        ("dog", Verdict.ACCEPTED, None),
        ("cat", Verdict.REPEATED, "The same as “Cat” in this round"),
        ("CAT", Verdict.REPEATED, "The same as “Cat” in this round"),
    ]


def test_a_word_of_this_job_comes_once():
    dealt_with = (Verdict.PROCESSED, "This job has dealt with it before")
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
    alike = [{"colour", "color"}, {"color", "col-or"}]
    words = [(text, "model") for text in ("colour", "color", "col-or")]
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
        ("Cats", Verdict.INFLECTION, "An inflection of “cat”, which this job has dealt with"),
        ("color", Verdict.SPELLING_VARIANT, "Another spelling of “colour”, which this job has dealt with"),
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
        ({"colours": True}, Verdict.KNOWN, "It is known"),
        ({"colours": False}, Verdict.CLAIMED_ELSEWHERE, "Another job is learning it"),
        ({"colour": True}, Verdict.INFLECTION, "An inflection of “colour”, which is known"),
        ({"color": False}, Verdict.INFLECTION, "An inflection of “color”, which another job is learning"),
        ({"cat": True}, Verdict.ACCEPTED, None),
    ],
)
def test_what_is_taken_is_rejected_with_its_reason(taken, verdict, reason):
    assert outcomes(judged("colours", taken=taken)) == [("colours", verdict, reason)]


def test_another_spelling_that_is_known_is_named():
    assert outcomes(judged("color", taken={"colour": True})) == [
        ("color", Verdict.SPELLING_VARIANT, "Another spelling of “colour”, which is known")
    ]


def test_words_over_the_limit_are_postponed():
    assert outcomes(judged("one", "42", "two", "three", limit=2)) == [
        ("one", Verdict.ACCEPTED, None),
        ("42", Verdict.NUMBER, "It is a number"),
        ("two", Verdict.ACCEPTED, None),
        ("three", Verdict.POSTPONED, "The round is full; kept for the next"),
    ]
    assert [c.verdict for c in judged("one", "two", limit=0)] == [Verdict.POSTPONED] * 2


def candidate(key, verdict=Verdict.ACCEPTED, reason=None):
    return Candidate(text=key, key=key, verdict=verdict, reason=reason)


def test_what_was_not_won_is_taken_back():
    claim = ClaimResult(new=("new",), own=("own",), known=("known",), elsewhere=("elsewhere",))
    before = [candidate(key) for key in ("new", "own", "known", "elsewhere", "forgotten")]
    assert outcomes(with_claims(before, claim)) == [
        ("new", Verdict.ACCEPTED, None),
        ("own", Verdict.ACCEPTED, None),
        ("known", Verdict.KNOWN, "It is known"),
        ("elsewhere", Verdict.CLAIMED_ELSEWHERE, "Another job is learning it"),
        ("forgotten", Verdict.CLAIMED_ELSEWHERE, "Another job is learning it"),
    ]


def test_settling_leaves_what_was_not_accepted():
    before = (candidate("a", Verdict.POSTPONED, "full"), candidate("b", Verdict.REPEATED, "same"))
    assert with_claims(before, ClaimResult(known=("a", "b"))) == before


def test_counts_are_of_the_gates_that_were_passed():
    verdicts = [
        Verdict.EMPTY,
        Verdict.SENTENCE,
        Verdict.REPEATED,
        Verdict.KNOWN,
        Verdict.CLAIMED_ELSEWHERE,
        Verdict.POSTPONED,
        Verdict.ACCEPTED,
    ]
    assert counts_of([candidate("a", verdict) for verdict in verdicts]) == Counts(
        proposed=7, valid=5, unseen=3, accepted=1
    )
    assert counts_of([]) == Counts()


@given(
    proposals,
    some_keys,
    st.dictionaries(vocabulary.filter(bool).map(word_key), st.booleans(), max_size=4),
    st.integers(0, 6),
)
def test_every_proposal_gets_one_verdict_with_a_reason(proposed, processed, taken, limit):
    candidates = judged(*proposed, processed=processed, taken=taken, limit=limit)
    assert len(candidates) == len(proposed)
    for (text, origin), found in zip(proposed, candidates, strict=True):
        assert found.origin == origin
        assert (found.verdict in MALFORMED) == (form_problem(text) is not None)
        assert bool(found.reason) == (found.verdict is not Verdict.ACCEPTED)
        if found.verdict not in MALFORMED:
            assert (found.text, found.key) == (display_form(text), word_key(text))
    counts = counts_of(candidates)
    assert counts.proposed >= counts.valid >= counts.unseen >= counts.accepted


@given(
    proposals,
    some_keys,
    st.dictionaries(vocabulary.filter(bool).map(word_key), st.booleans(), max_size=4),
    st.integers(0, 6),
)
def test_accepted_words_are_new_each_other_s_strangers_and_within_the_limit(
    proposed, processed, taken, limit
):
    candidates = judged(*proposed, processed=processed, taken=taken, limit=limit)
    accepted = {c.key: c for c in candidates if c.verdict is Verdict.ACCEPTED}
    assert len(accepted) == sum(c.verdict is Verdict.ACCEPTED for c in candidates) <= limit
    assert not accepted.keys() & (processed | taken.keys())
    inventions = {key for key, c in accepted.items() if c.origin != "leftover"}
    for key in inventions:
        bases = [] if key in base_forms(key) else base_forms(key)
        assert not set(bases) & (accepted.keys() | processed | taken.keys())
        for other in inventions - {key}:
            assert not are_variants(key, other)


@given(proposals, some_keys)
def test_only_a_full_round_postpones(proposed, processed):
    unlimited = judged(*proposed, processed=processed)
    assert all(c.verdict is not Verdict.POSTPONED for c in unlimited)
    limited = judged(*proposed, processed=processed, limit=2)
    new = [c for c in limited if c.verdict in {Verdict.ACCEPTED, Verdict.POSTPONED}]
    assert [c.key for c in new] == [c.key for c in unlimited if c.verdict is Verdict.ACCEPTED]
    assert [c.verdict for c in new] == ([Verdict.ACCEPTED] * 2 + [Verdict.POSTPONED] * len(new))[: len(new)]


@given(proposals, st.data())
def test_after_the_claim_exactly_what_is_held_is_accepted(proposed, data):
    before = judged(*proposed)
    keys = [c.key for c in before if c.verdict is Verdict.ACCEPTED]
    fates = [data.draw(st.sampled_from(["new", "own", "known", "elsewhere"])) for _ in keys]
    claim = ClaimResult(
        **{fate: tuple(k for k, f in zip(keys, fates, strict=True) if f == fate) for fate in set(fates)}
    )
    after = with_claims(before, claim)
    assert {c.key for c in after if c.verdict is Verdict.ACCEPTED} == claim.held
    assert with_claims(after, claim) == after
    for was, now in zip(before, after, strict=True):
        assert (was.text, was.key, was.origin) == (now.text, now.key, now.origin)
        assert was == now or (was.verdict is Verdict.ACCEPTED and now.reason)


def test_screening_is_a_value_that_can_be_judged_again():
    screening = Screening(
        (
            Screened("cat", "cat", "model"),
            Screened("dog", "dog", "model", relatives={"dogs": Verdict.INFLECTION}),
        )
    )
    assert screening.keys_to_look_up == {"cat", "dog", "dogs"}
    assert judge(screening, taken={"dogs": True}, limit=1)[1].verdict is Verdict.INFLECTION
    assert judge(screening, taken={}, limit=2) == judge(screening, taken={}, limit=2)
