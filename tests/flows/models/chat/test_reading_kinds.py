"""Further dresses of the same answers: wrappers, writings, thoughts, shapes and names of other models."""

import json

import pytest

from flows.models.chat.proposals import read_proposals
from flows.models.chat.reading import read_items

KEYS = ("cat", "dog")
CAT = {"id": "cat", "text": "A small pet that purrs.", "pos": "noun"}
DOG = {"id": "dog", "text": "A pet that barks loudly.", "pos": "noun"}
BOTH = {"words": [CAT, DOG], "conflicts": ["dog"]}
VALID = json.dumps(BOTH)
WRONG = json.dumps({"words": [dict(CAT, text="A wrong draft."), dict(DOG, text="Another draft.")]})
WHOLE = read_items("define", VALID, KEYS)


def without_id(item):
    return {name: value for name, value in item.items() if name != "id"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"json": BOTH}),
        json.dumps({"DefinedWords": BOTH}),
        json.dumps({"response": {"output": {"data": BOTH}}}),
        json.dumps({"name": "define", "arguments": BOTH}),
        json.dumps({"name": "define", "parameters": VALID}),
        json.dumps({"tool_calls": [{"type": "function", "function": {"name": "x", "arguments": VALID}}]}),
        f"<tool_call>\n{json.dumps({'name': 'define', 'arguments': BOTH})}\n</tool_call>",
        f"<function=define>{VALID}</function>",
        f"<json><![CDATA[{VALID}]]></json>",
        f"[As asked: {VALID}]",
        "```json\n" + json.dumps(VALID) + "\n```",
        VALID.replace('"', '\\"'),
        VALID.replace('"', '\\"').replace("}, {", "},\\n{"),
        VALID.replace('"', "&quot;"),
        VALID.replace('": "', "”: “").replace('"', "“"),
        VALID.replace("{", "｛").replace("}", "｝").replace(": ", "："),
        VALID.replace(": ", " => "),
        VALID[:-1] + ', "words": []}',
        VALID[:-1] + ', "words": null}',
        '{"score": NaN, "big": ' + "9" * 6000 + ", " + VALID[1:],
        "\u200b" + VALID,
        VALID.replace("}, {", "}\ufeff, {"),
        VALID.replace("{", "{ // words\n", 1),
        str(BOTH).replace("]}", "], 'done': True, 'rest': None}"),
    ],
)
def test_wrappers_and_other_writings_of_json_cost_nothing(text):
    assert read_items("define", text, KEYS) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        f"<reason>{WRONG}</reason>{VALID}",
        f"<seed:think>{WRONG}</seed:think>{VALID}",
        f'<think lang="en">{WRONG}</think>{VALID}',
        f"[THINK]{WRONG}[/THINK]{VALID}",
        f"◁think▷{WRONG}◁/think▷{VALID}",
        f"<|begin_of_thought|>{WRONG}<|end_of_thought|>{VALID}",
        f"<|channel|>analysis<|message|>{WRONG}<|end|><|channel|>final <|constrain|>json<|message|>{VALID}",
        f"<|channel|>commentary to=functions.x <|constrain|>json<|message|>{VALID}<|call|>",
        f"<think>\nhmm, {WRONG}. So:\n{VALID}",
        f"{WRONG}\nWait, better:\n{VALID}",
        f"{VALID}<|eot_id|>",
    ],
)
def test_thoughts_are_no_answer(text):
    assert read_items("define", text, KEYS) == WHOLE


def test_of_thoughts_that_broke_off_nothing_is_kept():
    assert read_items("define", f"<think>Perhaps {WRONG} but then the", KEYS) == ({}, False)


@pytest.mark.parametrize(
    "items",
    [
        [[CAT, DOG]],
        [{"word": CAT}, {"word": DOG}],
        [{"cat": without_id(CAT)}, {"dog": without_id(DOG)}],
        [{**CAT, "id": {"word": "cat"}}, {**DOG, "id": {"word": "dog"}}],
        [{"wordId": i["id"], "shortDefinition": i["text"], "partOfSpeech": "Noun"} for i in (CAT, DOG)],
        [{"word": i["id"], "definitions": [i["text"], "?"], "POS": ["noun"]} for i in (CAT, DOG)],
        [
            {"word": i["id"], "senses": [{"definition": i["text"], "pos": "noun"}, {"definition": "?"}]}
            for i in (CAT, DOG)
        ],
        [{**CAT, "id": "the cat (animal)"}, {**DOG, "id": "dog [a pet]"}],
        [{**i, "text": {"value": i["text"]}} for i in (CAT, DOG)],
        [{**i, "text": {"en": i["text"]}} for i in (CAT, DOG)],
    ],
)
def test_items_in_other_shapes_are_read(items):
    assert read_items("define", json.dumps({"wordList": items, "conflicts": ["dog"]}), KEYS) == WHOLE


@pytest.mark.parametrize(
    "conflicts", ["dog", "dog, mouse", [{"id": "dog", "why": "it says so"}], {"dog": "it says so"}]
)
def test_a_conflict_is_told_in_whatever_shape(conflicts):
    assert read_items("define", json.dumps({**BOTH, "conflicts": conflicts}), KEYS) == WHOLE


def test_a_deeper_text_is_not_the_definition_that_is_repeated_beside_it():
    item = {"word": "cat", "definition": "A pet.", "explanation": "Long.", "uses": ["a"], "myths": []}
    drafts, _ = read_items("deepen", json.dumps({"words": [item]}), KEYS)
    assert drafts["cat"].explanation == "Long."


FOOD = ("bread", "cheese", "apple pie")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"words": [{"lemma": word, "example": "A long sentence."} for word in FOOD]}),
        json.dumps([{"headword": word, "pos": "noun"} for word in FOOD]),
        json.dumps({"words": dict.fromkeys(FOOD, "noun")}),
        json.dumps({"words": {word: {"pos": "noun"} for word in FOOD}}),
        json.dumps({"words": dict(enumerate(FOOD))}),
        json.dumps({f"word{at}": word for at, word in enumerate(FOOD)}),
        json.dumps({"words": [[word, "noun"] for word in FOOD]}),
        json.dumps({"words": [FOOD[:2], FOOD[2:]]}),
        json.dumps({"cells": [{"cell": "food", "words": FOOD[:2]}, {"cell": "cake", "words": FOOD[2:]}]}),
        json.dumps([{"cell": "food", "words": FOOD[:2]}, {"cell": "cake", "words": FOOD[2:]}]),
        json.dumps({"json": {"NewWords": FOOD}}),
        json.dumps({"name": "propose", "arguments": json.dumps({"words": FOOD})}),
        json.dumps({"words": json.dumps(FOOD)}),
        json.dumps({"words": [], "proposed_words": FOOD}),
        json.dumps({"reasoning": ["some", "thoughts", "of", "mine"], "words": FOOD}),
        json.dumps({"steps": ["think hard"], "proposed": FOOD, "avoided_words": ["cat"]}),
        '{"words":["bread","cheese"],"words":["apple pie"]}',
        '{"nouns":["bread","cheese"]}\nand\n{"more":["apple pie"]}',
        "\n".join(map(json.dumps, ({"word": word} for word in FOOD))),
        json.dumps({"words": FOOD}).replace('"', '\\"'),
        json.dumps({"words": FOOD}).replace('"', "&quot;"),
        "words = ['bread', 'cheese', 'apple pie']",
        "bread, cheese, apple pie",
        "bread\ncheese\napple pie",
        "(1) bread\n(2) cheese\n(3) apple pie",
        "+ bread\n+ cheese\n+ apple pie",
        "Here:\n1 - bread\n2 - **cheese**: made of milk\n3 - apple pie (noun)",
        "• bread • cheese • apple pie",
        "| word | pos |\n|---|---|\n| bread | noun |\n| cheese | noun |\n| apple pie | noun |",
        "<ul><li>bread</li><li>cheese</li><li>apple pie</li></ul>",
        "words:\n  - bread\n  - cheese\n  - apple pie",
    ],
)
def test_proposals_in_other_shapes_are_read(text):
    assert read_proposals(text) == FOOD


@pytest.mark.parametrize(
    "text",
    [
        "I can't do this because:\n1. It is harmful.\n2. It violates my policy.",
        "I'm sorry, I can't help with that.\nPlease ask for something else.",
        json.dumps({"error": "I cannot help with that"}),
        json.dumps({"count": 2, "cells": ["common nouns"], "avoid": ["cat"]}),
        json.dumps({"properties": {"words": {"type": "array", "items": {"type": "string"}}}}),
        json.dumps({"reasoning": ["avoid cats", "list more"]}),
        "null",
        "",
    ],
)
def test_what_proposes_nothing_is_no_list(text):
    with pytest.raises(ValueError, match="no list"):
        read_proposals(text)


@pytest.mark.parametrize(
    "text", ["{'a'}" * 20_000, " " * 10**6, '{"id":cat}' * 12_000, "[,[" * 10**5, "<think>" * 10**5]
)
def test_an_answer_of_ten_thousand_fragments_is_soon_read(text, monkeypatch):
    """Few of them are mended: each costs a millisecond."""
    calls = []
    monkeypatch.setattr("json_repair.loads", lambda text, **_: calls.append(text) or {})
    read_items("define", text, KEYS)
    assert len(calls) < 400
