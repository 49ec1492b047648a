from __future__ import annotations


def test_estimate_says_what_a_job_would_bring_without_starting_one(serve):
    served = serve()
    big = served.post("/jobs/estimate", json={"mode": "big", "minutes": 2, "max_entries": 50}).json()
    assert (big["entries"], big["limited_by"], big["cost_usd"]) == (50, "the number of words", 0)
    longer = served.post("/jobs/estimate", json={"mode": "big", "minutes": 10}).json()
    shorter = served.post("/jobs/estimate", json={"mode": "big", "minutes": 1}).json()
    assert longer["entries"] > shorter["entries"] > 50
    assert served.post("/jobs/estimate", json={"mode": "deep", "words": ["moss", "fern"]}).json()["entries"] == 2
    assert served.get("/jobs").json()["items"] == []


def test_estimate_takes_what_the_job_itself_takes(serve):
    served = serve()
    for body, field in (
        ({}, "body"),
        ({"mode": "huge"}, "body"),
        ({"mode": "big", "words": ["moss"]}, "words"),
        ({"mode": "big", "minutes": 11}, "minutes"),
        ({"mode": "quick", "minutes": 1}, "minutes"),
        ({"mode": "quick", "words": ["x" * 61]}, "words.0"),
    ):
        answer = served.post("/jobs/estimate", json=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["field"] == field, body
