"""What the claim makes of a selection, and what holds of every one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import texts

from flows.core.selection import (
    MALFORMED,
    Screened,
    Screening,
    counts_of,
    is_dry,
    judge,
    judge_again,
    keys_of_postponed,
    screen,
    with_claims,
)
from flows.core.words import display_form, form_problem, word_key
from flows.knowledge import Candidate, ClaimResult, Counts, Verdict
from tests.flows.core.selection.selection_words import (
    are_variants,
    base_forms,
    judged,
    outcomes,
)

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


def candidate(key, verdict=Verdict.ACCEPTED, reason=None):
    return Candidate(text=key, key=key, verdict=verdict, reason=reason)


def test_what_was_not_won_is_taken_back():
    claim = ClaimResult(new=("new",), own=("own",), known=("known",), elsewhere=("elsewhere",))
    before = [candidate(key) for key in ("new", "own", "known", "elsewhere", "forgotten")]
    assert outcomes(with_claims(before, claim)) == [
        ("new", Verdict.ACCEPTED, None),
        ("own", Verdict.ACCEPTED, None),
        ("known", Verdict.KNOWN, "Already known"),
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


def test_places_that_were_lost_go_to_the_words_that_waited():
    words = ["a", "b", "c", "d", "e"]
    screening = Screening(tuple(Screened(key, key, "model") for key in words))
    first = judge(screening, taken={}, limit=2)
    settled = with_claims(first, ClaimResult(new=("b",), elsewhere=("a",)))
    assert keys_of_postponed(screening, settled) == {"c", "d", "e"}
    again = judge_again(screening, settled, taken={"c": False}, limit=2)
    assert [(c.key, c.verdict) for c in again] == [
        ("a", Verdict.CLAIMED_ELSEWHERE),
        ("b", Verdict.ACCEPTED),
        ("c", Verdict.CLAIMED_ELSEWHERE),
        ("d", Verdict.ACCEPTED),
        ("e", Verdict.POSTPONED),
    ]


@pytest.mark.parametrize(
    ("verdicts", "dry"),
    [
        ([], True),
        ([Verdict.KNOWN, Verdict.INFLECTION, Verdict.EMPTY, Verdict.PROCESSED], True),
        ([Verdict.KNOWN, Verdict.CLAIMED_ELSEWHERE], False),
        ([Verdict.POSTPONED], False),
        ([Verdict.ACCEPTED], False),
    ],
)
def test_a_round_is_dry_when_no_word_of_it_is_new_whoever_learns_it(verdicts, dry):
    assert is_dry([candidate("a", verdict) for verdict in verdicts]) == dry


@given(proposals, st.dictionaries(vocabulary.filter(bool).map(word_key), st.booleans(), max_size=4))
def test_judging_again_with_nothing_lost_changes_nothing_that_was_decided(proposed, taken):
    pairs = [(item, origin) for item, origin in proposed]
    screening = screen(pairs, processed=(), base_forms=base_forms, are_variants=are_variants)
    before = judge(screening, taken={}, limit=2)
    after = judge_again(screening, before, taken=taken, limit=2)
    for was, now in zip(before, after, strict=True):
        assert was == now or was.verdict is Verdict.POSTPONED
    assert [c.verdict for c in after].count(Verdict.ACCEPTED) <= 2
