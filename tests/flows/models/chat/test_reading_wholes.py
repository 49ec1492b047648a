"""Answers that a careful reader reads whole: thoughts, disputes, parts, senses and ids as models write
them.
"""

import json

import pytest

from flows.models.chat.reading import read_items

KEYS = ("cat", "dog")
CAT = {"id": "cat", "text": "A small pet that purrs.", "pos": "noun"}
DOG = {"id": "dog", "text": "A pet that barks loudly.", "pos": "noun"}
BOTH = {"words": [CAT, DOG], "conflicts": ["dog"]}
VALID = json.dumps(BOTH)
DRAFT = VALID.replace("A small", "A wrong").replace('["dog"]', '["cat"]')
WHOLE = read_items("define", VALID, KEYS)


def drafts(answer, keys=KEYS, task="define"):
    return read_items(task, answer if isinstance(answer, str) else json.dumps(answer), keys)[0]


def disputed(answer, keys=KEYS):
    return {key for key, draft in drafts(answer, keys).items() if draft.is_contradicted}


@pytest.mark.parametrize(
    "text",
    [
        f"{VALID}\n</think>",
        f"<think>{VALID}</think>",
        f"<think>hm</think>\n{VALID}\n</think>",
        f"{VALID}</thinking>\n</thinking>\n",
        f"{VALID}\nDone.\n</think>",
        f"<thinking>So:\n```json\n{VALID}\n```\n</thinking>",
        f"[THINK]{VALID}[/THINK]",
        f"<think>{VALID}</think>\nI hope [this] helps.",
        f"<think>hm</think><answer>{VALID}</answer></think>",
        f"{VALID}<think>Was that right? {DRAFT}</think>",
        f"{VALID}\n<think>And now",
        f"<think>{DRAFT}</think>{VALID}",
        f"<think>{DRAFT}</think><think>hm</think>{VALID}",
        f"<think>one</think>{json.dumps({'words': [CAT]})}<think>two</think>"
        + json.dumps({"words": [DOG], "conflicts": ["dog"]}),
        VALID.replace('"', "&#34;"),
        VALID.replace('"', "&#x22;"),
    ],
)
def test_an_answer_before_or_inside_its_thoughts_is_read(text):
    assert read_items("define", text, KEYS) == WHOLE


@pytest.mark.parametrize(
    "text", [f"<think>Perhaps {DRAFT}, but then</think>", f"<think>Perhaps {DRAFT}", f"<think>{DRAFT} or"]
)
def test_a_draft_in_thoughts_counts_only_where_they_end_in_it(text):
    assert (drafts(text) == {}) == (not text.endswith("}"))


def test_a_sign_of_thoughts_inside_a_text_ends_nothing():
    text = VALID.replace("purrs.", "ends </think> here.")
    assert drafts(f"```json\n{text}\n```").keys() == set(KEYS)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (VALID[:-1], {"dog"}),
        (VALID[:-2], {"dog"}),
        ('{"conflicts":["dog"],"words":' + json.dumps([CAT, DOG]) + ',"no', {"dog"}),
        ('{"conflicts":["dog"],"words":' + json.dumps([CAT, DOG])[:-1] + ',{"id', {"dog"}),
        (VALID[:-3], {"dog"}),
        (VALID[:-4], {"dog"}),
        (VALID[:-5], {"dog"}),
        (VALID[:-3] + ', "ca', {"cat", "dog"}),
        (f"```tool_code\ndefine(words={[CAT, DOG]}, conflicts=['dog'])\n```", {"dog"}),
        (
            f"<parameter=words>{json.dumps([CAT, DOG])}</parameter><parameter=conflicts>['dog']</parameter>",
            {"dog"},
        ),
        (f"<parameter=words>{json.dumps([CAT, DOG])}</parameter><parameter=conflicts>\n[]", set()),
        ({**BOTH, "conflicts": ["a dog"]}, {"dog"}),
        ({**BOTH, "conflicts": ["dog (1)"]}, {"dog"}),
        ({**BOTH, "conflicts": ["The Dog"]}, {"dog"}),
        ({**BOTH, "conflicts": ["dog.n.01"]}, {"dog"}),
        ({**BOTH, "conflicts": ["dog: its evidence is about a sausage"]}, {"dog"}),
        ({**BOTH, "conflicts": ["The evidence of dog says that it meows."]}, {"dog"}),
        ({**BOTH, "conflicts": {"cat": False, "dog": True}}, {"dog"}),
        ({**BOTH, "conflicts": {"cat": "none", "dog": "it meows"}}, {"dog"}),
        ({**BOTH, "conflicts": {"ids": ["dog"]}}, {"dog"}),
        ({**BOTH, "conflicts": [{"word": "cat", "conflict": False}, {"word": "dog"}]}, {"dog"}),
        ({**BOTH, "conflicts": "cat and dog"}, {"cat", "dog"}),
        ({**BOTH, "conflicts": True}, {"cat", "dog"}),
        ({"words": [CAT, DOG], "conflict": ["dog"]}, {"dog"}),
        ({"words": [CAT, DOG], "conflicting_words": ["dog"]}, {"dog"}),
        ({"words": [CAT, DOG], "contradictedIds": ["dog"]}, {"dog"}),
        ({"words": [CAT, {**DOG, "conflicts": True}]}, {"dog"}),
        ({"words": [CAT, {**DOG, "has_conflict": "yes"}]}, {"dog"}),
        ({"words": [{**CAT, "is_contradicted": False}, {**DOG, "is_contradicted": True}]}, {"dog"}),
        ({"words": [{**CAT, "conflicts": []}, {**DOG, "conflicts": ["says that it meows"]}]}, {"dog"}),
        ({"words": {"cat": CAT, "dog": {**DOG, "conflict": "it meows"}}}, {"dog"}),
        ({"meta": {"conflicts": ["dog"]}, "result": {"words": [CAT, DOG]}}, {"dog"}),
        ({"answer": {"words": [CAT, DOG]}, "conflicts": ["dog"]}, {"dog"}),
        (json.dumps({"words": [CAT, DOG]}) + '\n{"conflicts": ["dog"]}', {"dog"}),
        (
            {"words": [{**CAT, "id": 1, "word": "cat"}, {**DOG, "id": 2, "word": "dog"}], "conflicts": [2]},
            {"dog"},
        ),
        # what disputes nothing
        ({**BOTH, "conflicts": []}, set()),
        ({**BOTH, "conflicts": "none"}, set()),
        ({**BOTH, "conflicts": "No conflicts found."}, set()),
        ({**BOTH, "conflicts": ["N/A"]}, set()),
        ({**BOTH, "conflicts": False}, set()),
        ({**BOTH, "conflicts": {"cat": [], "dog": None}}, set()),
        ({**BOTH, "conflicts": ["mouse"]}, set()),
        ({"words": [CAT, DOG], "no_conflicts": ["cat", "dog"]}, set()),
        (
            {
                "properties": {"conflicts": {"type": "array", "items": {}}},
                **BOTH,
                "conflicts": [],
            },
            set(),
        ),
        # another draft of the same words speaks for itself
        (DRAFT + "\nBetter:\n" + VALID, {"dog"}),
    ],
)
def test_a_dispute_is_kept_wherever_it_is_told(answer, words):
    assert drafts(answer).keys() == set(KEYS)
    assert disputed(answer) == words


def test_the_word_conflict_is_a_word():
    item = {"text": "A fight between two sides.", "pos": "noun"}
    found = drafts({"words": {"conflict": item, "cat": CAT}, "conflicts": ["cat"]}, ("conflict", "cat"))
    assert {key: draft.is_contradicted for key, draft in found.items()} == {"conflict": False, "cat": True}


@pytest.mark.parametrize("between", ["\n", "", "\n\nand\n", ",\n"])
@pytest.mark.parametrize(
    "parts",
    [
        [{"words": [CAT], "conflicts": []}, {"words": [DOG], "conflicts": ["dog"]}],
        [{"words": [CAT], "conflicts": ["dog"]}, {"words": [DOG]}],
        [{"words": {"cat": CAT}}, {"words": {"dog": {**DOG, "conflict": True}}}],
        [CAT, {**DOG, "conflicts": True}],
        [[CAT], {"words": [DOG], "conflicts": ["dog"]}],
    ],
)
def test_the_parts_of_an_answer_are_one_answer(parts, between):
    found, is_whole = read_items("define", between.join(map(json.dumps, parts)), KEYS)
    assert is_whole
    assert {key: draft.text for key, draft in found.items()} == {"cat": CAT["text"], "dog": DOG["text"]}
    assert found["cat"].is_contradicted is False


def test_words_in_lists_by_their_kind_are_read_together():
    found = drafts({"words": {"nouns": [CAT], "verbs": [DOG]}, "conflicts": ["dog"]})
    assert found == WHOLE[0]


RUN = {"text": "To move fast on foot.", "pos": "verb"}
ACT = {"text": "An act of running.", "pos": "noun"}
SET = {"id": "set", "text": "A group of things.", "pos": "noun"}


@pytest.mark.parametrize(
    "words",
    [
        {"run": [RUN, ACT], "set": SET},
        {"run": [RUN], "set": [SET]},
        [{"run": [RUN, ACT]}, SET],
        [{"id": "run", "senses": [RUN, ACT]}, SET],
        [{"id": "run", **RUN}, {"id": "run", **ACT}, SET],
        [{"id": "run (verb)", **RUN}, {"id": "run (noun)", **ACT}, SET],
        [{"id": "run (1)", **RUN}, {"id": "run (2)", "text": "To flow.", "pos": "verb"}, SET],
        [{"id": "run", **RUN}, {"id": "run", "text": "To flow somewhere.", "pos": "verb"}, SET],
        [{"id": "run", "definition": RUN}, SET],
        [{"id": "run", "attributes": RUN}, SET],
        {"run": {"verb": {"definition": RUN["text"]}, "noun": {"definition": ACT["text"]}}, "set": SET},
        [json.dumps({"id": "run", **RUN}), json.dumps(SET)],
    ],
)
def test_of_several_senses_the_first_counts(words):
    found = drafts({"words": words}, ("run", "set"))
    assert {key: (draft.text, draft.part_of_speech) for key, draft in found.items()} == {
        "run": (RUN["text"], "verb"),
        "set": (SET["text"], "noun"),
    }


def test_of_one_id_twice_neither_counts_while_another_word_is_missing():
    twice = {"words": [CAT, {**DOG, "id": "cat"}]}
    assert drafts(twice) == {}
    assert drafts(twice, ("cat",))["cat"].text == CAT["text"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("naïve", "naive"),
        ("café au lait", "cafe au lait"),
        ("cliché", "Cliche"),
        ("ice cream", "ice-cream"),
        ("ice cream", "icecream"),
        ("x-ray", "xray"),
        ("x-ray", "X ray"),
        ("a la carte", "à la carte"),
        ("rock 'n' roll", "rock'n'roll"),
        ("o'clock", "oclock"),
        ("b", "b."),
        ("a.m.", "am"),
        ("u.s.", "US"),
        ("crème brûlée", "creme-brulee"),
        ("œuvre", "oeuvre"),
        ("café", "caf&eacute;"),
        ("café", "caf\\u00e9"),
        ("cat", "cat.n.01"),
        ("cat", "cat_noun"),
        ("cat", "#cat"),
        ("cat", "cat #1"),
        ("the hague", "Hague"),
        ("proper noun", "proper noun"),
        ("c++", "C++"),
    ],
)
def test_an_id_with_other_marks_means_its_word(key, name):
    words = {"words": [{**CAT, "id": name}], "conflicts": [name]}
    assert drafts(words, (key, "tide"))[key].is_contradicted


def test_a_mark_that_tells_two_wanted_words_apart_is_heeded():
    words = [{**CAT, "id": "rose"}, {**DOG, "id": "rosé"}]
    found = drafts({"words": words, "conflicts": ["rosé"]}, ("rose", "rosé"))
    assert {key: (draft.text, draft.is_contradicted) for key, draft in found.items()} == {
        "rose": (CAT["text"], False),
        "rosé": (DOG["text"], True),
    }
    assert drafts({"words": [{**CAT, "id": "ro-se"}]}, ("rose", "rosé")) == {}


def test_the_nearest_name_of_a_word_counts():
    words = [{**DOG, "id": "a cat"}, CAT, {**DOG, "id": "cat (big)"}]
    assert drafts({"words": words}, ("cat", "tide"))["cat"].text == CAT["text"]


@pytest.mark.parametrize("text", ["text", "def", "summary", "gloss", "short_definition", "sense", "content"])
@pytest.mark.parametrize(
    "pos", ["pos", "word_type", "lexical_category", "partOfSpeech", "grammatical_category", "type"]
)
def test_fields_are_read_under_their_other_names(text, pos):
    words = [{"id": item["id"], text: item["text"], pos: item["pos"]} for item in (CAT, DOG)]
    assert drafts({"words": words, "conflicts": ["dog"]}) == WHOLE[0]


@pytest.mark.parametrize("name", ["entry", "title", "token", "headword", "expression"])
def test_ids_are_read_under_their_other_names(name):
    words = [{name: i["id"], "text": i["text"], "pos": i["pos"]} for i in (CAT, DOG)]
    assert drafts({"words": words, "conflicts": ["dog"]}) == WHOLE[0]


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "object", "properties": BOTH},
        {"type": "tool_use", "name": "define", "input": BOTH},
        {"properties": {"words": {"type": "array", "items": [CAT, DOG]}, "conflicts": {"items": ["dog"]}}},
    ],
)
def test_an_answer_inside_its_schema_or_its_call_is_read(answer):
    assert drafts(answer) == WHOLE[0]


@pytest.mark.parametrize("pos", ["interjection", "preposition", "pronoun", "exclamation", "Conjunction"])
def test_a_word_of_a_small_class_is_read(pos):
    assert drafts({"words": [{**CAT, "pos": pos}]})["cat"].part_of_speech == "phrase"


def test_a_request_or_schema_that_is_repeated_holds_no_item():
    assert drafts({"input": {"words": [{"id": "cat", "evidence": "x"}]}}) == {}
    assert drafts({"properties": {"words": {"type": "array", "items": {"type": "object"}}}}) == {}
