"""What a word is: its display form, its key, its id in a store, and what cannot be one."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rule_values import texts

from flows.core.words import (
    MAX_ID_BYTES,
    display_form,
    document_id,
    is_abbreviation,
    printable,
    tokens,
    word_key,
)
from flows.errors import InvalidInput

keys = st.text(
    st.sampled_from("ab%/._25FfEe") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  ice \t cream\n", "ice cream"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("e\u200b\u0301", "\u00e9"),
        ("non\u00a0breaking", "non breaking"),
        ("Straße", "Straße"),
        ("ﬁsh", "ﬁsh"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_display_form_is_composed_trimmed_and_without_invisible_characters(text, shown):
    assert display_form(text) == shown


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ice  Cream", "ice cream"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁsh", "fish"),
        ("Ｃａｔ", "cat"),
        ("rock ’n’ roll", "rock 'n' roll"),
        ("“cat”", '"cat"'),
        ("well–being", "well-being"),
        ("well\u2011being", "well-being"),
        ("well\u2212being", "well-being"),
        ("K", "k"),
        ("می\u200cخواهم", "میخواهم"),
        ("a\u034f\ufe0fb", "ab"),
        ("\u1ffd", "'"),
    ],
)
def test_key_folds_case_width_quotes_and_dashes(text, key):
    assert word_key(text) == key


@given(texts)
@example("\u1ffd")
@example("e\u200b\u0301")
@example("\u0345\u0301")
def test_key_of_a_key_and_of_a_display_form_is_the_key(text):
    key = word_key(text)
    assert word_key(key) == key
    assert word_key(display_form(text)) == key
    assert display_form(display_form(text)) == display_form(text)


@given(texts)
def test_key_is_folded_composed_and_single_spaced(text):
    key = word_key(text)
    assert key == unicodedata.normalize("NFKC", key)
    assert key == key.casefold()
    assert key == " ".join(key.split())
    assert not any(unicodedata.category(c) == "Pd" and c != "-" for c in key)


@given(
    st.text(st.sampled_from("abßéK ")),
    st.sampled_from([str.upper, str.title, lambda t: f"  {t}\t", lambda t: unicodedata.normalize("NFD", t)]),
)
def test_surface_forms_of_one_word_share_a_key(text, write):
    assert word_key(write(text)) == word_key(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The cat's paw, twice!", ["the", "cat's", "paw", "twice"]),
        ("well-known", ["well", "known"]),
        ("'quoted' rock 'n' roll", ["quoted", "rock", "n", "roll"]),
        ("B2B in 2030", ["b2b", "in", "2030"]),
        ("हिन्दी शब्द", ["हिन्दी", "शब्द"]),
        ("' -- '", []),
        ("", []),
    ],
)
def test_tokens_are_the_words_within(text, found):
    assert tokens(text) == found


@pytest.mark.parametrize(
    "token",
    ["St.", "e.g.", "U.S.", "U.S.A.", "Dr", "dr.", "vs.", "J.", "anglo-u.s.", "Ph.D.", "a.m.", "vice-pres."],
)
def test_abbreviations_keep_their_full_stop(token):
    assert is_abbreviation(token)


@pytest.mark.parametrize(
    "token", ["cat.", "cat", "dog", "end.", "house.x.", "J", "a1.", "", ".", "stX.", "pres-cat."]
)
def test_other_tokens_end_with_their_full_stop(token):
    assert not is_abbreviation(token)


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("cat", "cat"),
        ("and/or", "and%2For"),
        ("a/b/c", "a%2Fb%2Fc"),
        ("100%", "100%25"),
        ("%2F%", "%252F%25"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("...", "..."),
        ("__init__", "%5F_init__"),
        ("__", "%5F_"),
        ("__a", "__a"),
        ("a__", "a__"),
        ("ice cream", "ice cream"),
    ],
)
def test_document_id_encodes_only_what_firestore_forbids(key, encoded):
    assert document_id(key) == encoded
    assert unquote(encoded) == key


@given(keys)
def test_document_id_is_one_that_firestore_takes_and_comes_back_as_the_key(key):
    encoded = document_id(key)
    assert "/" not in encoded
    assert encoded not in {".", ".."}
    assert not re.fullmatch(r"__.*__", encoded, re.DOTALL)
    assert 0 < len(encoded.encode()) <= MAX_ID_BYTES
    assert unquote(encoded) == key


@given(keys, keys)
def test_two_keys_never_share_an_id(one, other):
    assert (document_id(one) == document_id(other)) == (one == other)


def test_document_id_has_a_largest_size_in_bytes():
    assert document_id("é" * 750) == "é" * 750
    assert document_id("a") == "a"
    with pytest.raises(InvalidInput, match=r"^key: must be 1 to 1,500 bytes as an id \(is 1,501\)\.$"):
        document_id("a" + "é" * 750)
    with pytest.raises(InvalidInput, match=r"^key: must be 1 to 1,500 bytes as an id \(is 0\)\.$"):
        document_id("")


def test_document_id_refuses_half_a_character():
    with pytest.raises(InvalidInput, match=r"^key: contains a lone surrogate\. Use valid Unicode text\.$"):
        document_id("a\ud800")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("cat", 200, "cat"),
        ("cat\x00dog", 200, "cat\ufffddog"),
        ("a\u202eb", 200, "a\ufffdb"),
        ("می\u200cخواهم", 200, "می\u200cخواهم"),
        ("a\nb", 200, "a b"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("\u200b" * 8 + "ab", 2, ""),
        ("\u200b" * 7 + "ab", 2, "a"),
    ],
)
def test_printable_replaces_what_hides_and_cuts_what_is_long(text, limit, shown):
    assert printable(text, limit) == shown


def test_printable_shows_200_characters_unless_told():
    assert printable("a" * 200) == "a" * 200
    assert printable("a" * 201) == "a" * 199 + "…"


@given(st.text(max_size=30), st.integers(1, 20))
def test_printable_text_is_short_and_prints(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
