from __future__ import annotations

from store_documents import ANN, START, job

from flows.knowledge import Counts


def test_estimate_says_what_a_job_would_bring_without_starting_one(serve):
    served = serve()
    big = served.post("/jobs/estimate", json={"mode": "big", "minutes": 2, "max_entries": 50}).json()
    assert (big["entries"], big["limited_by"], big["cost_usd"]) == (50, "the number of words", 0)
    longer = served.post("/jobs/estimate", json={"mode": "big", "minutes": 10}).json()
    shorter = served.post("/jobs/estimate", json={"mode": "big", "minutes": 1}).json()
    assert longer["entries"] > shorter["entries"] > 50
    assert (
        served.post("/jobs/estimate", json={"mode": "deep", "words": ["moss", "fern"]}).json()["entries"] == 2
    )
    assert served.get("/jobs").json()["items"] == []


def test_estimate_takes_what_the_job_itself_takes(serve):
    served = serve()
    for body, field in (
        ({}, "mode"),
        ({"mode": "huge"}, "mode"),
        ({"mode": "big", "words": ["moss"]}, "words"),
        ({"mode": "big", "minutes": 11}, "minutes"),
        ({"mode": "quick", "minutes": 1}, "minutes"),
        ({"mode": "quick", "words": ["x" * 61]}, "words.0"),
    ):
        answer = served.post("/jobs/estimate", json=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["field"] == field, body


def test_after_a_job_that_found_nothing_new_nothing_is_promised(serve):
    served = serve()
    served.do(served.store.begin_attempt(job(ANN)))
    served.do(
        served.store.put_job(
            job(ANN, status="completed", end_reason="nothing new", attempt=1, finished_at=START)
        )
    )
    big = served.post("/jobs/estimate", json={"mode": "big"}).json()
    assert (big["entries"], big["limited_by"]) == (0, "the words that are left")
    assert big["note_codes"][0] == "nothing_new_last_time"
    assert "Try another topic" in big["notes"][0]
    assert served.post("/jobs/estimate", json={"mode": "big", "topic": "music"}).json()["entries"] > 0


def test_one_topic_is_judged_by_how_far_others_went(serve):
    served = serve()
    unknown = served.post("/jobs/estimate", json={"mode": "big", "topic": "music"}).json()
    assert unknown["limited_by"] == "the time limit"
    assert "one_topic" in unknown["note_codes"]
    begun = served.do(served.store.begin_attempt(job(ANN, parameters={"topic": "astronomy"})))
    ended = begun.model_copy(
        update={
            "status": "completed",
            "end_reason": "nothing new",
            "finished_at": START,
            "counts": Counts(stored=1245, accepted=1245),
            "active_seconds": 5.0,
        }
    )
    served.do(served.store.put_job(ended))
    music = served.post("/jobs/estimate", json={"mode": "big", "topic": "music", "minutes": 5}).json()
    assert (music["entries"], music["limited_by"]) == (1245, "the words that are left")
    assert served.post("/jobs/estimate", json={"mode": "big", "minutes": 5}).json()["entries"] > 1245


def test_a_body_that_is_not_called_json_is_told_how_to_be_sent(serve):
    answer = serve().request("POST", "/jobs/start", content=b'{"mode": "quick"}')
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]
