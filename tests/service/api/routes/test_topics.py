"""Where only the lexicon proposes, the server refuses a topic that it does not know before a job starts."""

from __future__ import annotations

import pytest

UNKNOWN = ["astronmy", "xqzz", "smartphone apps", "<b>"]
DOORS = [
    ("/jobs/start_big", {}),
    ("/jobs/start", {"mode": "quick"}),
    ("/jobs/start", {"mode": "deep"}),
    ("/jobs/estimate", {"mode": "big"}),
    ("/jobs/estimate", {"mode": "quick"}),
]


@pytest.mark.parametrize(("door", "body"), DOORS)
@pytest.mark.parametrize("topic", UNKNOWN)
def test_an_unknown_topic_is_refused_with_its_field_code_and_the_nearest(serve, door, body, topic):
    answer = serve().post(door, json={**body, "topic": topic})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"], error["params"]["topic"]) == ("topic", "unknown_topic", topic)
    assert isinstance(error["params"]["nearest"], list)
    assert ("astronomy" in error["params"]["nearest"]) == (topic == "astronmy")


@pytest.mark.parametrize("topic", ["astronomy", " Music ", "sea", "", "  "])
def test_a_known_topic_or_none_is_taken(serve, topic):
    assert serve().post("/jobs/estimate", json={"mode": "big", "topic": topic}).status_code == 200


def test_a_topic_beside_given_words_proposes_nothing_and_is_taken(serve):
    body = {"mode": "quick", "topic": "xqzz", "words": ["moss"]}
    assert serve().post("/jobs/estimate", json=body).status_code == 200


@pytest.mark.parametrize("topic", UNKNOWN)
def test_where_a_model_proposes_every_clean_topic_is_taken(serve, monkeypatch, topic):
    monkeypatch.setenv("GROQ_API_KEY", "gsk_of_a_test")
    monkeypatch.setenv("LEARN_MODEL", "groq")
    assert serve().post("/jobs/estimate", json={"mode": "big", "topic": topic}).status_code == 200
