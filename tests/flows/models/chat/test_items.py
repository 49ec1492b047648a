"""One item's fields as models dress them: what is meant is kept, and nothing else."""

import json

import pytest

from flows.models.chat.reading import read_items

ENRICHED = {
    "id": "cat",
    "related": ["pet", "tail", "paw"],
    "examples": ["A cat sat.", "The cat ran."],
    "category": "animal",
}
DEEP = {
    "id": "cat",
    "text": "Cats purr.\n\nThey hunt.",
    "uses": ["pets"],
    "myths": ["Cats fly. They do not."],
}


def read(task, item):
    return read_items(task, json.dumps({"words": [item]}), ("cat",))[0]["cat"]


@pytest.mark.parametrize(
    "related",
    [
        ["1. pet", "2. tail", "3. paw"],
        ["**pet**", "*tail*", "`paw`"],
        ["- pet", "• tail", "“paw”"],
        ["pet (noun)", "tail (n.)", "paw, noun"],
        ["pet.", "tail;", "paw,"],
        ["pet: a tame animal", "tail: the end of it", "paw – a foot with claws"],
        ["pet, tail, paw"],
        "pet, tail, paw",
        "1. pet\n2. tail\n3. paw",
        "• pet • tail • paw",
        [{"word": "pet"}, {"term": "tail"}, {"concept": "paw"}],
        [
            {"type": "hypernym", "target": "pet"},
            {"type": "part", "target": "tail"},
            {"to": "paw", "kind": "part"},
        ],
        [{"relation": "is a", "word": "pet"}, {"relation": "has", "word": "tail"}, {"word": "paw"}],
        [{"pet": "a tame one"}, {"tail": "an end"}, {"paw": "a foot"}],
        {"pet": "a tame one", "tail": "an end", "paw": "a foot"},
        {"pet": 0.9, "tail": 0.8, "paw": 0.7},
        {"hypernyms": ["pet"], "parts": ["tail", "paw"]},
        {"synonym": "pet", "part": "tail", "other": "paw"},
        {"1": "pet", "2": "tail", "3": "paw"},
        [["pet", "is"], ["tail", "has"], ["paw", "has"]],
        ["pet", "N/A", "tail", "paw", "...", None, 3],
        ["pet<|im_end|>", "tail", "paw"],
    ],
)
def test_related_words_come_out_of_their_dress(related):
    assert read("enrich", {**ENRICHED, "related": related}).related_concepts == ("pet", "tail", "paw")


@pytest.mark.parametrize(
    "related", [["none", "N/A", "unknown"], ["None."], "none", "N/A", ["not applicable"], [], ["-"]]
)
def test_what_says_that_there_is_nothing_is_no_related_word(related):
    assert read("enrich", {**ENRICHED, "related": related}).related_concepts == ()


def test_real_words_that_look_like_a_dress_stay():
    words = (
        "none",
        "nil",
        "zero",
        "Blade Runner: 2049",
        "Mercury (planet)",
        "and/or",
        "St.",
        "3D",
        ".NET",
        "C++",
    )
    assert read("enrich", {**ENRICHED, "related": words}).related_concepts == words


@pytest.mark.parametrize(
    "examples",
    [
        ["1. A cat sat.", "2) The cat ran."],
        ["- A cat sat.", "• The cat ran."],
        ["A **cat** sat.", "The *cat* ran."],
        ["A <b>cat</b> sat.", "The <em>cat</em> ran."],
        ["A cat sat.<|im_end|>", "The cat ran.</s>"],
        ["<think>hm</think>A cat sat.", "The cat ran."],
        ['"A cat sat."', "“The cat ran.”"],
        ["Example: A cat sat.", "A&nbsp;cat sat.", "The cat ran."],
        ["A cat sat. [1]", "The cat ran.【2†source】"],
        "1. A cat sat.\n2. The cat ran.",
        [{"sentence": "A cat sat.", "translation": "Un chat."}, {"sentence": "The cat ran."}],
        {"a": {"text": "A cat sat."}, "b": {"text": "The cat ran."}},
        [["A cat sat."], ["The cat ran."]],
        ["A cat sat.", "N/A", "The cat ran."],
    ],
)
def test_examples_come_out_of_their_dress(examples):
    found = read("enrich", {**ENRICHED, "examples": examples}).examples
    assert tuple(dict.fromkeys(found)) == ("A cat sat.", "The cat ran.")


@pytest.mark.parametrize(
    "names", [("example1", "example2"), ("example_1", "example_2"), ("Example 1", "Example 2")]
)
def test_numbered_fields_are_one_list(names):
    item = {name: part for name, part in ENRICHED.items() if name != "examples"}
    item |= dict(zip(names, ENRICHED["examples"], strict=True))
    assert read("enrich", item).examples == ("A cat sat.", "The cat ran.")


@pytest.mark.parametrize(
    "text",
    [
        "A small pet that purrs.",
        "<think>hm</think>A small pet that purrs.",
        "<think>hm</think>\nA small pet that purrs.</think>",
        "A small pet that purrs.<|im_end|>",
        "A small pet that purrs.<|eot_id|><|end|>",
        "A small pet that purrs.<｜end▁of▁sentence｜>",
        "A small pet that purrs.</s>",
        "**Cat** (noun): A small pet that purrs.",
        "Cat: A small pet that purrs.",
        "cat – A small pet that purrs.",
        "(noun) A small pet that purrs.",
        "Noun: A small pet that purrs.",
        "Definition: A small pet that purrs.",
        "1. A small pet that purrs.",
        "“A small pet that purrs.”",
        "A&nbsp;small pet that purrs.",
        "A <i>small</i> pet that purrs.",
        "A **small** pet that purrs.",
        "A small pet that purrs [1].",
    ],
)
def test_a_definition_comes_out_of_its_dress(text):
    assert read("define", {"id": "cat", "text": text, "pos": "noun"}).text == "A small pet that purrs."


@pytest.mark.parametrize(
    "text",
    [
        "The sign * for a product, as in 2 * 3 * 4.",
        "In programming, a name such as my_long_name or __init__.",
        "A tag such as <br> or </div> in HTML.",
        "Of the form a < b and b > c.",
        "A mark [as in this] around a remark.",
        "Film: a thin layer.",
        "A. A. Milne wrote of one.",
        "(informal) Very good.",
        "The rule “an eye for an eye”.",
        "“Yes” or “no” as an answer.",
        "A verb, noun or adjective: a word of a class.",
        "AT&T; a company for telephones.",
        "3 or more of a kind.",
        "Noun phrases and the like.",
    ],
)
def test_what_belongs_to_a_definition_stays(text):
    assert read("define", {"id": "cat", "text": text, "pos": "noun"}).text == text


@pytest.mark.parametrize(
    ("myths", "kept"),
    [
        (
            [{"myth": "Cats have nine lives.", "truth": "They have one."}],
            "Cats have nine lives. They have one.",
        ),
        ([{"myth": "Cats always land well", "fact": "Some do not."}], "Cats always land well: Some do not."),
        (
            {"misconception": "Cats hate all water.", "correction": "Some swim."},
            "Cats hate all water. Some swim.",
        ),
        ({"Cats have nine lives.": "They have one."}, "Cats have nine lives. They have one."),
        ("Cats fly. They do not.", "Cats fly. They do not."),
        ([{"id": 1, "text": "Cats fly. They do not."}], "Cats fly. They do not."),
        (["Cats fly. They do not.", "None."], "Cats fly. They do not."),
    ],
)
def test_a_myth_keeps_its_correction(myths, kept):
    assert read("deepen", {**DEEP, "myths": myths}).misconceptions == (kept,)


@pytest.mark.parametrize(
    "myths",
    [
        "none",
        "None.",
        "N/A",
        ["none"],
        [],
        "There are no common misconceptions.",
        "No known myths",
        [""],
    ],
)
def test_no_myths_are_none(myths):
    assert read("deepen", {**DEEP, "myths": myths or []}).misconceptions == ()


@pytest.mark.parametrize(
    "uses",
    [
        [{"use": "Pest control", "description": "Cats hunt mice."}],
        [{"title": "Pest control", "text": "Cats hunt mice."}],
        ["Pest control: Cats hunt mice."],
    ],
)
def test_a_use_keeps_what_is_said_of_it(uses):
    assert read("deepen", {**DEEP, "uses": uses}).applications == ("Pest control: Cats hunt mice.",)


@pytest.mark.parametrize(
    "text",
    [
        "Cats purr.\n\nThey hunt.",
        ["Cats purr.", "They hunt."],
        {"paragraph1": "Cats purr.", "paragraph2": "They hunt."},
        [{"text": "Cats purr."}, {"text": "They hunt."}],
        {"how": "Cats purr.", "why": "They hunt."},
    ],
)
def test_all_paragraphs_of_a_text_are_kept(text):
    assert read("deepen", {**DEEP, "text": text}).explanation == "Cats purr.\n\nThey hunt."
