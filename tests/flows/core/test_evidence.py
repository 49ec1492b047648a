"""What sources found: cut to what matters, and held against the definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import citation, evidence, texts

from flows.core.evidence import MAX_CITATIONS, READ_CHARACTERS, backing, is_misplaced, stem, support_of, trim

TEXT = "The cat is an animal. Dogs bark. Cats purr, St. Bernards do not! Nobody knows why."
DEFINITION = "A small domesticated carnivorous mammal with soft fur."


@pytest.mark.parametrize(
    ("text", "word", "limit", "kept"),
    [
        (TEXT, "cat", 200, "The cat is an animal. Cats purr, St. Bernards do not!"),
        (TEXT, "cat", 53, "The cat is an animal. Cats purr, St. Bernards do not!"),
        (TEXT, "cat", 52, "The cat is an animal."),
        (TEXT, "cat", 21, "The cat is an animal."),
        (TEXT, "cat", 20, "The cat is an…"),
        (TEXT, "dog bark", 200, "Dogs bark."),
        (TEXT, "bark cat", 40, "The cat is an animal. Dogs bark."),
        (TEXT, "fish", 21, "The cat is an animal."),
        (TEXT, "fish", 200, TEXT),
        ("One\ntwo  three\n\nfour", "fish", 200, "One two three four"),
        ("One cat\ntwo cats", "cat", 8, "One cat"),
        ("猫は動物。犬は吠える。", "犬", 200, "猫は動物。 犬は吠える。"),
        ("He said “cat!” Then dogs.", "cat", 200, "He said “cat!”"),
        ("(See cat.) Then dogs.", "cat", 200, "(See cat.)"),
        ("In the U.S. cats live. Dogs too.", "cat", 200, "In the U.S. cats live."),
        ("Wait… cats! Dogs.", "cat", 200, "cats!"),
        ("A cat\x00\u202e is\u200b here\tnow.", "cat", 200, "A cat is here now."),
        ("می\u200cخواهم", "x", 200, "می\u200cخواهم"),
        ("cat\x85dog", "dog", 200, "cat dog"),
        ("A c\x00at is here.", "cat", 200, "A cat is here."),
        ("Made by Smith Co.\nCats purr.", "cat", 200, "Cats purr."),
        ("", "cat", 200, ""),
        ("A cat.", "cat", 0, ""),
        ("A cat.", "cat", 1, ""),
        ("Abcdefgh", "cat", 5, "Abcd…"),
        ("ab cdef", "x", 2, "a…"),
        ("ab cdef", "x", 3, "ab…"),
        ("ab cdef", "x", 4, "ab…"),
        ("ab cdef", "x", 6, "ab…"),
        ("ab cd efg", "x", 6, "ab cd…"),
        ("ab cd efg", "x", 7, "ab cd…"),
    ],
)
def test_trim_keeps_the_sentences_that_mention_the_word(text, word, limit, kept):
    assert trim(text, word=word, limit=limit) == kept


@given(
    st.text(st.sampled_from("ab .!?\n\t…。\u200b\x00") | st.characters(), max_size=60),
    texts,
    st.integers(0, 80),
)
def test_a_trimmed_text_is_within_its_limit_and_on_one_line(text, word, limit):
    kept = trim(text, word=word, limit=limit)
    assert len(kept) <= limit
    assert kept == " ".join(kept.split())
    assert all(c.isprintable() or c in "\u200c\u200d " or c.isspace() for c in kept)


@given(
    st.lists(
        st.sampled_from(["A cat sat.", "Dogs bark!", "Cats purr.", "Is it late?", "St. John came."]),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 120),
)
def test_what_is_kept_are_whole_sentences_in_their_order(sentences, limit):
    kept = trim(" ".join(sentences), word="cat", limit=limit)
    wanted = [s for s in sentences if "at" in s.casefold() and "late" not in s] or sentences
    most = max((n for n in range(len(wanted) + 1) if len(" ".join(wanted[:n])) <= limit), default=0)
    assert kept == " ".join(wanted[:most]) if most else kept.endswith("…") or not kept


def test_evidence_that_shares_a_third_of_the_content_words_backs_a_definition():
    strong, weak = evidence("The domesticated mammal has fur.", 1), evidence("Small mammals.", 2)
    assert backing(DEFINITION, [weak, strong]) == (strong.citation, weak.citation)
    assert backing(DEFINITION, [evidence("A mammal.")]) == ()
    assert backing(DEFINITION, []) == ()


@pytest.mark.parametrize(
    ("definition", "text", "backs"),
    [
        ("Small soft furry mammal indoors today", "Small and soft.", True),
        ("Small soft furry mammal indoors today outside", "Small and soft.", False),
        ("Small soft furry mammal indoors today outside", "Small and soft and furry.", True),
        ("Fur", "All of the fur.", True),
        ("Ox", "All of the oxen and an ox.", True),
        ("Fur", "All of the feathers.", False),
        ("It is a thing of the kind that is such", "It is a thing of the kind that is such", False),
        ("Soft fur", "A soft thing", False),
        ("Soft fur", "Soft furs", True),
        ("x y z", "x y z", False),
        ("", "", False),
    ],
)
def test_two_content_words_and_a_third_of_them_must_be_shared(definition, text, backs):
    assert bool(backing(definition, [evidence(text)])) == backs


def test_a_long_piece_is_read_only_to_its_limit():
    assert backing("Soft fur", [evidence("x " * (READ_CHARACTERS // 2 - 4) + "soft fur")])
    assert not backing("Soft fur", [evidence("x " * (READ_CHARACTERS // 2) + "soft fur")])
    assert not backing("Soft fur", [evidence("x" * (READ_CHARACTERS - 8) + " soft fu" + "r")])


def test_each_citation_stands_once_and_five_at_most():
    pieces = [evidence("soft fur", number) for number in range(7)]
    assert backing("Soft fur", [*pieces, *pieces]) == tuple(
        piece.citation for piece in pieces[:MAX_CITATIONS]
    )
    again = [
        evidence("soft fur", 1, quote="One."),
        evidence("soft fur", 1, quote="Two."),
        evidence("soft fur", 1, revision="2"),
    ]
    assert [c.quote for c in backing("Soft fur", again)] == ["One.", "A quote."]
    assert (
        len(backing("Soft fur", [evidence("soft fur", 1), evidence("soft fur", 1, source="wiktionary")])) == 2
    )


def test_support_is_what_the_evidence_says():
    backed = [evidence("soft fur")]
    assert support_of("Soft fur", backed, is_contradicted=False) == "supported"
    assert support_of("Soft fur", backed, is_contradicted=True) == "conflict"
    assert support_of("Soft fur", [evidence("bark")], is_contradicted=True) == "conflict"
    assert support_of("Soft fur", [evidence("bark")], is_contradicted=False) == "model_only"
    assert support_of("Soft fur", [], is_contradicted=True) == "model_only"


@given(texts, st.lists(texts, max_size=8), st.booleans())
def test_support_and_backing_agree(definition, found, is_contradicted):
    pieces = [evidence(text, number) for number, text in enumerate(found)]
    support, citations = (
        support_of(definition, pieces, is_contradicted=is_contradicted),
        backing(definition, pieces),
    )
    assert len(citations) <= MAX_CITATIONS
    assert set(citations) <= {citation(number) for number in range(len(found))}
    assert (support == "conflict") == (is_contradicted and bool(found))
    if support != "conflict":
        assert (support == "supported") == bool(citations)


@pytest.mark.parametrize(
    ("token", "root"),
    [
        ("cats", "cat"),
        ("cat's", "cat"),
        ("running", "run"),
        ("runs", "run"),
        ("make", "mak"),
        ("making", "mak"),
        ("organisation", "organ"),
        ("organizations", "organ"),
        ("happiness", "happi"),
        ("studies", "stud"),
        ("studied", "stud"),
        ("study", "stud"),
        ("falling", "fal"),
        ("controlled", "control"),
        ("add", "add"),
        ("adding", "add"),
        ("ring", "ring"),
        ("bus", "bus"),
        ("is", "is"),
        ("", ""),
        ("cat's's", "cat'"),
    ],
)
def test_stems_compare_words(token, root):
    assert stem(token) == root


@given(st.text("abcdeginoszt'y", max_size=14))
def test_a_stem_is_a_beginning_of_its_token_of_three_letters_or_more(token):
    root = stem(token)
    assert token.startswith(root)
    assert len(root) >= min(3, len(token.removesuffix("'s")))


CAT, TOWER = (
    "The cat is a small carnivorous mammal with soft fur.",
    "A lighthouse is a tower with a lamp that guides ships at sea.",
)


@pytest.mark.parametrize(
    ("own", "elsewhere", "misplaced"),
    [
        ([CAT], [TOWER], False),
        ([TOWER], [CAT], True),
        ([TOWER], [TOWER], False),
        ([], [CAT], False),
        ([TOWER], [], False),
        ([TOWER, CAT], [CAT], False),
    ],
)
def test_a_definition_that_only_another_words_evidence_backs_is_misplaced(own, elsewhere, misplaced):
    assert (
        is_misplaced(DEFINITION, [evidence(t) for t in own], [[evidence(t)] for t in elsewhere]) is misplaced
    )
