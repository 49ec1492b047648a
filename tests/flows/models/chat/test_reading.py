"""Answers as real models give them: what is meant without doubt is read, in one request."""

import json
import random

import pytest

from flows.knowledge import Category
from flows.models.chat.proposals import read_proposals
from flows.models.chat.reading import read_items
from tests.thorough import amount
from tests.world.writing.damage import damaged

KEYS = ("apple", "pear", "plum")
ITEMS = [
    {"id": "apple", "text": "A round fruit of a tree.", "pos": "noun"},
    {"id": "pear", "text": 'A fruit with a {thin} "neck".', "pos": "noun"},
    {"id": "plum", "text": "A small fruit with a stone.", "pos": "noun"},
]
VALID = json.dumps({"words": ITEMS, "conflicts": ["pear"]})
ANSWERS = amount(800, thorough=10_000)
DRAFT = '<think>Perhaps {"words": [{"id": "apple", "text": "no, a draft", "pos": "verb"}]}</think>\n'
WHOLE = read_items("define", VALID, KEYS)


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{VALID}\n```",
        f"```\n{VALID}\n```\nI hope that helps!",
        f"\ufeff{VALID}",
        f"\n\n{VALID}\n\n",
        f"Here are the [3] words you asked for:\n{VALID}",
        f'Of the form {{"id": …}}, as asked: {VALID}',
        f"Here they are [as asked: {VALID}",
        DRAFT + VALID,
        f"thinking about apple [1]…</think>{VALID}",
        f"<|channel|>analysis<|message|>hmm<|channel|>final<|message|>{VALID}",
        json.dumps(VALID),
        VALID.replace('{"', '{ "').replace(', "', ' ,\n"'),
        json.dumps({"response": {"words": ITEMS, "conflicts": ["pear"]}, "conflicts": ["pear"]}),
        VALID[:-1] + ",}",
        VALID.replace('"conflicts"', "conflicts"),
        VALID.replace('"words"', "'words'"),
        VALID.replace('"words"', '"Words"'),
    ],
)
def test_a_valid_answer_is_read_whole_whatever_stands_around_it(text):
    assert WHOLE[1]
    assert read_items("define", text, KEYS) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ITEMS),
        "\n".join(map(json.dumps, ITEMS)),
        json.dumps({"words": {item["id"]: item for item in ITEMS}}),
        json.dumps({item["id"]: {"definition": item["text"], "part of speech": "N."} for item in ITEMS}),
        json.dumps([{"word": i["id"].upper(), "Definition": i["text"], "POS": "noun.food"} for i in ITEMS]),
    ],
)
def test_other_shapes_of_the_same_items_are_read(text):
    drafts, is_whole = read_items("define", text, KEYS)
    assert is_whole
    assert {key: (d.text, d.part_of_speech) for key, d in drafts.items()} == {
        item["id"]: (item["text"], "noun") for item in ITEMS
    }


def test_other_names_of_the_other_tasks_are_read():
    enriched = {
        "word": "apple",
        "related_concepts": "pear, fruit; tree",
        "example": "An apple fell.",
        "category": "noun.food",
    }
    drafts, _ = read_items("enrich", json.dumps({"results": [enriched]}), KEYS)
    assert drafts["apple"].related_concepts == ("pear", "fruit", "tree")
    assert drafts["apple"].examples == ("An apple fell.",)
    assert drafts["apple"].category == Category.FOOD
    deepened = {"id": "apple", "explanation": "One.\n\nTwo.", "applications": ["pie"], "misconceptions": []}
    drafts, _ = read_items("deepen", json.dumps([deepened]), KEYS)
    assert drafts["apple"].explanation == "One.\n\nTwo."


def test_a_surplus_of_examples_costs_no_word():
    item = {"id": "apple", "related": ["x"] * 50, "examples": ["An apple."] * 30, "category": "food"}
    drafts, _ = read_items("enrich", json.dumps({"words": [item]}), KEYS)
    assert len(drafts["apple"].related_concepts) == 20


def test_lone_surrogates_and_terminal_codes_stay_outside():
    text = (
        '{"words":[{"id":"apple","related":["a1","b1\\u202e","c1"],"examples":["The \\ud83d apple."],'
        '"category":"food"}]}'
    )
    drafts, is_whole = read_items("enrich", text, KEYS)
    assert is_whole
    assert drafts["apple"].model_dump_json()
    assert (drafts["apple"].examples, drafts["apple"].related_concepts[1]) == (("The apple.",), "b1")


@pytest.mark.parametrize(
    "text", ['{"words":' + "[" * 6000, "[" * 10**5, '{"a":' * 10**5, '{"words":[' * 10**4]
)
def test_a_model_that_loops_has_no_answer(text):
    assert read_items("define", text, KEYS) == ({}, False)
    with pytest.raises(ValueError, match="no list"):
        read_proposals(text)


def test_of_an_item_that_broke_off_nothing_is_kept():
    whole = json.dumps(
        {"words": {"apple": {"text": "T" * 20, "uses": ["one", "two"], "myths": ["m1", "m2", "m3"]}}}
    )
    for length in range(len(whole)):
        drafts, is_whole = read_items("deepen", whole[:length], KEYS)
        assert not is_whole
        assert not drafts or drafts["apple"].misconceptions == ("m1", "m2", "m3")


def test_the_better_of_two_answers_counts_and_of_equal_ones_the_last():
    first = json.dumps({"words": [dict(ITEMS[0], text="A first try that was worse.")]})
    drafts, _ = read_items("define", f"{first}\nBetter:\n{VALID}", KEYS)
    assert drafts == WHOLE[0]
    drafts, _ = read_items("define", f"{json.dumps({'words': ITEMS[:1]})} {first}", KEYS)
    assert drafts["apple"].text == "A first try that was worse."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"count":2,"cells":["common nouns for food"],"words":["bread","cheese"]}', ("bread", "cheese")),
        ('{"avoid":["cat"],"words":["bread"]}', ("bread",)),
        ('{"avoid":["cat","dog"],"words":["bread","chee', ("bread",)),
        ('["bread","cheese"]', ("bread", "cheese")),
        ('```json\n{"words":["bread"]}\n```', ("bread",)),
        ('Some [ideas]: {"words":["bread"]}', ("bread",)),
        ('{"words":[{"word":"bread"},{"id":"cheese"}]}', ("bread",)),
        ('{"words":{"nouns":["bread"],"verbs":["eat"]}}', ("bread", "eat")),
        ('{"words":"bread, cheese"}', ("bread", "cheese")),
        ('{"vocabulary":["bread"]}', ("bread",)),
        ("1. bread\n2. **cheese**\n", ("bread", "cheese")),
        ('{"words":["br\\u202eead","\\ud83d", "  "]}', ("bread",)),
        ('{"words":[]}', ()),
        (
            '{"words":["1. bread","2) **cheese**","- \\"oat\\"","\\u2022 rye,"]}',
            ("bread", "cheese", "oat", "rye"),
        ),
        (
            '{"words":["bread (noun)","to eat (v.)","Mercury (planet)"]}',
            ("bread", "to eat", "Mercury (planet)"),
        ),
        ('{"words":["bread: food made of dough and baked","rye - a cereal"]}', ("bread", "rye")),
        ("1. bread - food made of dough\n2. rye: a cereal that is grown for its grain\n", ("bread", "rye")),
        # a small real model (SmolLM2) gave the schema back
        ('{"type":"object","properties":{"words":{"type":"array"}},"required":["words"]}', None),
        ('{"type":["object"],"enum":["noun","verb"]}', None),
        ('{"type":"object","required":["words"],"words":["bread"]}', ("bread",)),
    ],
)
def test_proposals_are_read_under_their_own_name(text, words):
    if words is None:
        with pytest.raises(ValueError, match="no list"):
            read_proposals(text)
    else:
        assert read_proposals(text) == words


@pytest.mark.parametrize(
    "dress", ["1. {}", "**{}**", "“{}”", "{} (noun)", "{}:", "{}.", "{} - a word", "- {}"]
)
def test_items_are_found_under_their_words_in_whatever_dress(dress):
    answer = {
        "words": [{**item, "id": dress.format(item["id"])} for item in ITEMS],
        "conflicts": [dress.format(key) for key in json.loads(VALID)["conflicts"]],
    }
    assert read_items("define", json.dumps(answer), KEYS) == WHOLE


def test_damaged_answers_give_true_drafts_or_none():
    """No crash, no draft that was not in the answer, nothing that cannot be stored."""
    chance = random.Random(11)
    texts = {item["id"]: item["text"] for item in ITEMS}
    whole = 0
    for _ in range(ANSWERS):
        text = damaged(VALID, chance)
        drafts, is_whole = read_items("define", text, KEYS)
        whole += len(drafts) == len(KEYS)
        for key, draft in drafts.items():
            assert key in texts
            draft.model_dump_json().encode()
        assert is_whole in {True, False}
        try:
            words = read_proposals(text)
        except ValueError:
            continue
        assert all(isinstance(word, str) and word.encode() for word in words)
    assert whole > ANSWERS / 10
