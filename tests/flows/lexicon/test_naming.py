"""The other keys under which a word may be found."""

from __future__ import annotations

import pytest

from flows.core.identity.relatives import by_graphical_key
from flows.knowledge import Verdict
from flows.lexicon.naming import OtherNames


def names(morphology, key, *stored):
    found = OtherNames(key, morphology)
    spelled = {g: keys for g, keys in by_graphical_key(stored).items() if g in found.graphical_keys}
    return found.all(spelled)


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("mice", "mouse"),
        ("went", "go"),
        ("selfies", "selfie"),
        ("vlogged", "vlog"),
        ("mimicked", "mimic"),
        ("bigger", "big"),
        ("took off", "take off"),
        ("mothers-in-law", "mother-in-law"),
        ("tigers", "tiger"),
        ("building", "build"),
        ("left", "leave"),
        ("coding", "code"),
    ],
)
def test_a_form_leads_to_its_word(morphology, form, word):
    assert names(morphology, form)[word] is Verdict.INFLECTION
    assert word in morphology.words_of(form)


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("corner", "corn"),
        ("coding", "cod"),
        ("number", "numb"),
        ("tower", "tow"),
        ("master", "mast"),
        ("slang", "sling"),
        ("'hood", "sling"),
        ("news", "new"),
        ("species", "specie"),
        ("evening", "even"),
        ("morning", "morn"),
        ("seed", "see"),
        ("bed", "be"),
        ("offer", "off"),
        ("herring", "her"),
        ("hoping", "hop"),
        ("singed", "sing"),
        ("mouse", "mice"),
    ],
)
def test_what_only_ends_like_a_form_is_none(morphology, key, other):
    assert other not in names(morphology, key)


@pytest.mark.parametrize(
    ("key", "other"),
    [("theater", "theatre"), ("colour", "color"), ("disk", "disc"), ("gray", "grey"), ("naïve", "naive")],
)
def test_another_spelling_is_one(morphology, key, other):
    assert names(morphology, key)[other] is Verdict.SPELLING_VARIANT


def test_stored_spellings_count_too_but_not_doublets(morphology):
    assert names(morphology, "cafe", "café") == {"café": Verdict.SPELLING_VARIANT}
    assert names(morphology, "cafes", "café")["café"] is Verdict.INFLECTION
    assert "rosé" not in names(morphology, "rose", "rosé")


def test_without_a_lexicon_nothing_is_told():
    assert OtherNames("mice", None).all({"mice": ["mi-ce"]}) == {}
