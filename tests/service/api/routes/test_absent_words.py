"""What GET /entries says of a word that has no entry: in typed fields, by the rules by which a job would
take it.
"""

from __future__ import annotations

import pytest
from store_documents import ANN, definition, entry

from flows.knowledge import Word
from service.client.http import error_of
from service.errors import NotFound
from tests.service.api.knowledge_learned import UNTIL, learn

LEARNED = ("mouse", "cafe", "selfie", "color", "take off", "resume", "tiger", "build")


@pytest.fixture
def served(serve):
    served = serve()
    learn(served, *map(entry, LEARNED), definitions=[definition("tide")])

    async def claim():
        await served.store.claim([Word(text="walrus", key="walrus")], job_id=ANN, attempt=1, until=UNTIL)

    served.do(claim())
    return served


def told(served, word):
    answer = served.get(f"/entries/{word}")
    assert answer.status_code == 404, answer.text
    (error,) = answer.json()["errors"]
    assert error["params"].pop("word") == word
    return error["code"], error["params"]


@pytest.mark.parametrize(
    ("word", "code", "params"),
    [
        ("mice", "variant_of_known", {"variant_of": "Mouse", "relation": "inflection"}),
        ("tides", "variant_of_known", {"variant_of": "Tide", "relation": "inflection"}),
        ("selfies", "variant_of_known", {"variant_of": "Selfie", "relation": "inflection"}),
        ("cafés", "variant_of_known", {"variant_of": "Cafe", "relation": "inflection"}),
        ("took off", "variant_of_known", {"variant_of": "Take Off", "relation": "inflection"}),
        ("colour", "variant_of_known", {"variant_of": "Color", "relation": "spelling variant"}),
        # a form, and a headword that a job would take
        (
            "building",
            "variant_of_known",
            {"variant_of": "Build", "relation": "inflection", "learn": "building"},
        ),
        # only taken for a form: no fact, yet refused
        ("tigering", "taken_for_variant", {"variant_of": "Tiger", "relation": "inflection"}),
        (
            "geese",
            "variant_of_unlearned",
            {"variant_of": "goose", "relation": "inflection", "learn": "goose"},
        ),
        ("walrus", "in_work", {}),
        ("walruses", "in_work", {"variant_of": "walrus", "relation": "inflection"}),
        ("smartphone", "not_in_lexicon", {}),
        ("1984", "not_a_word", {"verdict": "number"}),
        ("a b c d e f g h i j", "not_a_word", {"verdict": "too many words"}),
        ("gravity", "not_learned", {"learn": "gravity"}),
        ("GRAVITY", "not_learned", {"learn": "gravity"}),
        # another word than "resume", and than "take off"
        ("résumé", "not_in_lexicon", {}),
        ("takeoff", "not_learned", {"learn": "takeoff"}),
    ],
)
def test_a_word_without_an_entry_says_what_it_is(served, word, code, params):
    assert told(served, word) == (code, params)
    assert served.get(f"/graph/{word}").json()["errors"][0]["code"] == code


@pytest.mark.parametrize("word", ["café", "ca-fe", "tíde", "ti-de"])
def test_another_spelling_of_marks_and_spaces_is_the_word(served, word):
    assert served.get(f"/entries/{word}").status_code == 200


@pytest.mark.parametrize("word", ["mice", "tigering", "smartphone", "1984", "geese", "gravity", "walrus"])
def test_what_may_be_learned_is_what_a_job_would_take(served, word):
    problem = served.get(f"/entries/{word}").json()
    learn_ = problem["errors"][0]["params"].get("learn")
    assert ("POST /jobs/start" in problem["detail"]) == bool(learn_)
    assert f'"{word}"' not in problem["detail"] or learn_ == word


def test_the_client_raises_the_same_code_and_params(served):
    answer = served.get("/entries/mice")
    error = error_of(answer.status_code, answer.headers, answer.content, url="http://x")
    assert isinstance(error, NotFound)
    assert (error.code, error.params) == (
        "variant_of_known",
        {"word": "mice", "variant_of": "Mouse", "relation": "inflection"},
    )
