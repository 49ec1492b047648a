"""The strict schemas that are sent, and the reading of answers that may be anything."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from flows.models.chat.proposals import read_proposals
from flows.models.chat.reading import read_items
from flows.models.chat.schemas import SCHEMAS, strictify
from tests.world.chat.schemas import problem

KEYS = ("apple", "pear", "plum")


def item(key="apple", text="A round fruit of a tree.", pos="noun", **more):
    return {"id": key, "text": text, "pos": pos} | more


def answer(*items, **more):
    return json.dumps({"words": list(items), "conflicts": []} | more)


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_schema_keeps_the_rules_of_strict_mode(task):
    assert problem(SCHEMAS[task]) is None


def test_references_are_written_out_everything_is_required_and_bounds_are_gone():
    class Inner(BaseModel):
        size: int = Field(default=1, ge=1, le=9, description="How large")

    class Outer(BaseModel):
        one: Inner
        many: list[Inner] = Field(max_length=3)
        maybe: str | None = None

    strict = strictify(Outer.model_json_schema())
    inner = {
        "type": "object",
        "properties": {"size": {"type": "integer"}},
        "required": ["size"],
        "additionalProperties": False,
    }
    assert strict["properties"]["one"] == inner
    assert strict["properties"]["many"] == {"type": "array", "items": inner}
    assert strict["required"] == ["one", "many", "maybe"]
    assert strict["properties"]["maybe"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert problem(strict) is None


def test_a_property_named_like_a_keyword_stays():
    class Titled(BaseModel):
        title: str
        format: str

    assert set(strictify(Titled.model_json_schema())["properties"]) == {"title", "format"}


def test_items_count_by_the_key_of_their_id():
    drafts, is_whole = read_items("define", answer(item(" APPLE "), item("pear", pos="verb")), KEYS)
    assert is_whole
    assert {key: draft.part_of_speech for key, draft in drafts.items()} == {"apple": "noun", "pear": "verb"}


def test_an_id_with_two_different_items_counts_for_none_and_with_the_same_item_once():
    drafts, _ = read_items(
        "define",
        answer(item("apple"), item("apple", text="Something else entirely."), item("pear"), item("pear")),
        KEYS,
    )
    assert set(drafts) == {"pear"}


def test_items_of_the_wrong_shape_fall_alone():
    wrong = [
        item(pos="thing"),
        item(text=" "),
        {"id": "apple"},
        "apple",
        None,
        7,
        item(key=""),
        item(text="x" * 5_000),
    ]
    drafts, is_whole = read_items("define", answer(*wrong, item("plum")), KEYS)
    assert (set(drafts), is_whole) == ({"plum"}, True)


def test_disputed_words_are_marked():
    drafts, _ = read_items("define", answer(item("apple"), item("pear"), conflicts=["Pear", 3]), KEYS)
    assert {key: draft.is_contradicted for key, draft in drafts.items()} == {"apple": False, "pear": True}


def test_an_enrichment_of_another_category_falls_alone():
    good = {"id": "apple", "related": ["pear"], "examples": ["An apple."], "category": "food"}
    drafts, _ = read_items(
        "enrich", json.dumps({"words": [good, good | {"id": "pear", "category": "fruit"}]}), KEYS
    )
    assert set(drafts) == {"apple"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"words"',
        "{}",
        '{"words": 3}',
        "I would rather not.",
        '{"words": [',
        "\x00",
        "{" * 500,
    ],
)
def test_what_is_no_answer_holds_nothing_and_is_not_whole(text):
    assert read_items("define", text, KEYS) == ({}, False)


@given(st.integers(0, 400))
def test_a_cut_answer_gives_the_items_before_the_cut(length):
    whole = answer(item("apple"), item("pear", text='With "quotes" and {braces}.'), item("plum"))
    drafts, is_whole = read_items("define", whole[:length], KEYS)
    assert is_whole == (length >= len(whole))
    ends = [whole.index("}", whole.index(f'"{key}"')) for key in KEYS]
    ends[1] = whole.index("}", whole.index("braces") + len("braces}"))
    assert set(drafts) == {key for key, end in zip(KEYS, ends, strict=True) if length > end}


@given(st.text(), st.sampled_from(["define", "enrich", "deepen"]))
def test_no_text_breaks_the_reading(text, task):
    drafts, _ = read_items(task, text, KEYS)
    assert set(drafts) <= set(KEYS)


def test_proposals_are_read_until_they_break_off():
    assert read_proposals('{"words":["one", " ", "two", 3, "thr') == ("one", "two")
    assert read_proposals('{"words":["a \\"b\\"", "c"]}') == ('a "b"', "c")
    assert read_proposals('{"words":[]}') == ()
    with pytest.raises(ValueError, match="no list"):
        read_proposals("I cannot list these.")
