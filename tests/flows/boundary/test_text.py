"""Lets in only text that can be stored, searched and shown, whatever comes from outside."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.boundary.text import clean_text, cleaned
from flows.knowledge import DefinitionDraft, Enrichment

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("dirty", "text"),
    [
        ("The cat \ud83d sat.", "The cat sat."),
        ("\ud83d\ude00 and \ude00", "😀 and"),
        ("a\0 thing \x1b[31mred\u202e that purrs", "a thing red that purrs"),
        ("\x1b]0;title\x07shown\x1b[0m", "shown"),
        ("\ufeffa\u200bb\u00ad \u2066c\u2069 \U000e0041", "ab c"),
        ("a \t\u00a0\u3000 b\u2028c\x85d", "a b c d"),
        ("cafe\u0301", "café"),
        ("e\u200b\u0301", "é"),
        ("a\ufe0f \u2764\ufe0f", "a \u2764\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("a\u200db\u200c c", "ab c"),
        ("\ue000\ufffe\U000f0000x", "x"),
        ("\u115f\u3164x", "x"),
        ("a" + "\u0301" * 100, "á" + "\u0301" * 6),
        ("❤\ufe0f\u200d🔥 👍🏽 1\ufe0f\u20e3", "❤\ufe0f\u200d🔥 👍🏽 1\ufe0f\u20e3"),
        ("شرکت\u200cها", "شرکت\u200cها"),
        ("c\u200cat ca\u200dt so\u00adft", "cat cat soft"),
        ("a\ufff9b\ufffac\ufffb\U0001d173", "abc"),
        ("\x9b31ma\x7f\x08", "a"),
        ("a\x1b(Bb", "ab"),
        ("\x1b(B\x1b[mred\x1b)0\x1b#8\x1b%G", "red"),
        ("a\x1bPq#0;2\x1b\\b", "ab"),
        ("a\x1b_Gf=100;AAAA\x1b\\b", "ab"),
        ("a\x1b^note\x1b\\b\x1bXstart\x1b\\c", "abc"),
        ("a\x90dcs\x9cb\x9d0;title\x07c\x9fapc\x9cd", "abcd"),
        ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b7a\x1b8\x1b=b\x1b>\x1bc", "ab"),
        ("\x1bPleft open and read", "left open and read"),
    ],
)
def test_what_nobody_sees_is_left_out(dirty, text):
    assert clean_text(dirty) == text


def test_line_breaks_stay_where_they_belong():
    assert clean_text("one \r\n\r\n\r\n\r\n two\u2028three ", keep_lines=True) == "one\n\ntwo\nthree"
    assert clean_text("one\ntwo") == "one two"


def test_a_text_has_a_bound():
    assert clean_text("word " * 9, limit=12) == "word word w…"
    assert len(clean_text("x" * 10**6)) <= 20_000


@given(ANY_TEXT, st.booleans())
def test_clean_text_can_be_stored_and_is_clean_for_good(text, keep_lines):
    made = clean_text(text, keep_lines=keep_lines)
    made.encode()
    assert made == made.strip() == unicodedata.normalize("NFC", made)
    unseen = {c for c in made if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert unseen <= {"\u200c", "\u200d"} | ({"\n"} if keep_lines else set())
    assert "  " not in made
    assert clean_text(made, keep_lines=keep_lines) == made


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_every_text_of_a_document_is_cleaned(text, texts):
    draft = DefinitionDraft.model_construct(text=text, part_of_speech="noun", is_contradicted=False)
    assert cleaned(draft).text == clean_text(text)
    cleaned(draft).model_dump_json()
    drafts = Enrichment.model_construct(
        related_concepts=tuple(texts), examples=(), category="act", relations=(), senses=()
    )
    assert cleaned(drafts).related_concepts == tuple(map(clean_text, texts))


def test_a_clean_document_is_left_as_it_is():
    draft = DefinitionDraft(text="A small animal.", part_of_speech="noun")
    assert cleaned(draft) is draft
