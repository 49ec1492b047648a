"""What cuts leave behind in a wiki's text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.boundary.remains import visible, without_hollow_brackets, without_quotes


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Mercury ( listen) is", "Mercury is"),
        ("Mercury (listen), is", "Mercury, is"),
        ("Mercury ( ⓘ) is", "Mercury is"),
        ("Mercury ( help·info) is", "Mercury is"),
        ("Mercury () is", "Mercury is"),
        ("Mercury ( ) is", "Mercury is"),
        ("Mercury (; ) is", "Mercury is"),
        ("Mercury [ , ; ] is", "Mercury is"),
        ("Mercury ((listen)) is", "Mercury is"),
        ("Mercury (pronounced ) is", "Mercury is"),
        ("Mercury ( or ) is", "Mercury is"),
        ("Mercury (US: ; UK: ) is", "Mercury is"),
        ("Mercury ( , from Latin) is", "Mercury (from Latin) is"),
        ("Mercury (; ; born 1900) is", "Mercury (born 1900) is"),
        ("Mercury (from Latin, ; ) is", "Mercury (from Latin) is"),
        ("Mercury (/x/ listen; from Latin) is", "Mercury (/x/; from Latin) is"),
        ("Mercury (Greek: , Latin: mercurius) is", "Mercury (Latin: mercurius) is"),
        ("Mercury ( MUR-kyə-ree ) is", "Mercury (MUR-kyə-ree) is"),
        ("Mercury ( ,", "Mercury"),
    ],
)
def test_hollow_brackets_go_with_what_stood_at_their_edges(line, kept):
    assert without_hollow_brackets(line) == kept


@pytest.mark.parametrize(
    "line",
    [
        "The exclamation mark (!) ends it.",
        "An (or) gate has two inputs.",
        "A list [1, 2] of f (x) = y.",
        "Beijing (Chinese: 北京; pinyin: Běijīng) is a city.",
        "Written :) or (:p) by some.",
        "The .NET runtime (dotnet), an e.g. of it ...",
        "To listen (to pay attention).",
        "no brackets , at all",
        "The comma (,) is a mark.",
        "Semicolons (;) and the colon (:) part clauses.",
        "An interpunct (·) or a bullet [•].",
        "Round brackets () and square brackets [ ] nest.",
        "It begins at main() and fills argv[].",
        "(It calls f(), say.)",
    ],
)
def test_brackets_with_content_stay_as_they_are(line):
    assert without_hollow_brackets(line) == line


@given(st.text(alphabet=st.sampled_from("ab ()[],;:"), max_size=60))
def test_no_word_goes_and_no_empty_bracket_stays(line):
    kept = without_hollow_brackets(line)
    # those attached to a word are a function's or an array's
    rest = re.sub(r"(?<=\w)(?:\(\)|\[\])", "", kept)
    assert not {"()", "[]", "( )"} & {rest[at : at + n] for at in range(len(rest)) for n in (2, 3)}
    if ":" not in line:
        assert [c for c in kept if c.isalpha()] == [c for c in line if c.isalpha()]


@given(st.text(alphabet=st.sampled_from("a' b"), max_size=40))
def test_quotes_that_stay_are_apostrophes_of_the_text(line):
    kept = without_quotes(line)
    assert [c for c in kept if c != "'"] == [c for c in line if c != "'"]
    assert kept.count("'") <= line.count("'")
    if "''" not in line:
        assert kept == line


@given(st.text(max_size=60))
def test_visible_text_can_be_stored(text):
    assert visible(text).encode().decode() == visible(visible(text))
