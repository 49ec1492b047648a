from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from store_documents import ANN, BOB, START, definition, entry, job, words

from flows.knowledge import Alias, Category, Relation, Verdict, Word
from tests.service.api.knowledge_learned import UNTIL, learn


@pytest.fixture
def served(serve):
    return serve()


def keys(answer):
    assert answer.status_code == 200, answer.text
    return [item["key"] for item in answer.json()["items"]]


def test_search_and_browse_combine_filters_and_go_on_by_cursor(served):
    made = [
        entry(
            f"moss {n:02}",
            at=START + timedelta(minutes=n),
            category=Category.PLANT if n % 2 else Category.ANIMAL,
            support="model_only" if n % 3 else "supported",
        )
        for n in range(30)
    ]
    learn(served, *made)
    learn(served, entry("rock", job_id=BOB), job_id=BOB)
    assert keys(served.get("/knowledge?limit=2")) == ["moss 29", "moss 28"]
    wanted = [e.key for e in reversed(made) if e.category is Category.PLANT and e.support == "supported"]
    found, cursor = [], None
    for _ in range(40):
        answer = served.get(
            "/knowledge",
            params={
                "category": "plant",
                "support": "supported",
                "limit": 2,
                **({"cursor": cursor} if cursor else {}),
            },
        )
        found += keys(answer)
        cursor = answer.json()["cursor"]
        if cursor is None:
            break
    assert found == wanted
    assert keys(served.get(f"/knowledge?job_id={BOB}&support=supported")) == ["rock"]
    assert keys(served.get(f"/knowledge?job_id={BOB}&category=plant")) == []
    assert set(keys(served.get("/knowledge?q=moss 1&limit=200"))) == {f"moss {n}" for n in range(10, 20)}
    for query in (
        "category=stone",
        "support=maybe",
        "limit=0",
        "limit=201",
        "job_id=x",
        "cursor=x",
        "cursor=",
        f"q={'x' * 201}",
    ):
        assert served.get(f"/knowledge?{query}").status_code == 422, query


def test_odd_searches_find_nothing_and_break_nothing(serve, tmp_path):
    served = serve(store=f"sqlite:///{tmp_path}/store.db")
    learn(served, entry("moss"))
    for text in (
        "%00",
        "%22",
        "*",
        "moss%00",
        "a OR b",
        "NEAR(",
        "%F0%9F%98%80",
        "-",
        "'; DROP TABLE entries; --",
        "%ED%A0%80",
        "%FF",
    ):
        assert served.get(f"/knowledge?q={text}").status_code == 200, text
    answer = served.get("/knowledge?q=moss")
    assert (keys(answer), answer.json()["is_full_text"]) == (["moss"], True)


def test_entry_is_found_by_any_form_of_its_key(served):
    learn(
        served,
        entry("and/or"),
        entry("c++"),
        entry("naïve"),
        entry(".."),
        entry("100% wool"),
        entry("a?b"),
        entry("take off"),
    )
    for path, word in [
        ("and/or", "And/Or"),
        ("and%2For", "And/Or"),
        ("AND/OR", "And/Or"),
        ("c++", "C++"),
        ("na%C3%AFve", "Naïve"),
        ("nai%CC%88ve", "Naïve"),
        ("%2e%2e", ".."),
        ("100%25%20wool", "100% Wool"),
        ("a%3Fb", "A?B"),
        ("take%20%20off", "Take Off"),
        ("naive", "Naïve"),
        ("na-ive", "Naïve"),
    ]:
        answer = served.get(f"/entries/{path}")
        assert (answer.status_code, answer.json().get("word")) == (200, word), path
        assert served.get(f"/graph/{path}").json()["nodes"][0]["word"] == word
    assert served.get("/entries/takeoff").status_code == 404  # the noun is another word


def test_paths_that_lead_nowhere_are_404(served):
    for path in (
        "",
        "/",
        "//",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/jobs",
        "....//",
        "%00",
        "a%00b",
        "%ff",
        "%0d%0a",
        "x" * 5000,
        "__proto__",
        "%5c..%5c",
        "~",
        "%25%32%66",
    ):
        answer = served.get(f"/entries/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.text) < 700


def test_word_with_a_definition_only_is_an_entry_of_that_depth(served):
    learn(served, definitions=[definition("moss")])
    shown = served.get("/entries/moss").json()
    assert (shown["depth"], shown["definition"], shown["related_concepts"], shown["category"]) == (
        "defined",
        "What moss means.",
        [],
        None,
    )
    assert shown["citations"][0]["licence"] == "CC BY-SA 4.0"
    assert "POST /jobs/start" in served.get("/entries/fern").json()["detail"]


def test_claimed_word_is_not_shown(served):
    async def claim():
        begun = await served.store.begin_attempt(job())
        await served.store.claim(words("moss"), job_id=ANN, attempt=begun.attempt, until=UNTIL)

    served.do(claim())
    assert served.get("/entries/moss").status_code == 404


def test_graph_goes_step_by_step_and_stops_at_its_limit(served):
    chain = [
        entry("a", related_concepts=("B", "X", "Y"), relations=(Relation(kind="kind of", word="b"),)),
        entry("b", related_concepts=("C", "A", "Z")),
        entry("c", related_concepts=("D", "E", "F")),
    ]
    learn(served, *chain, definitions=[definition("x")])
    near = served.get("/graph/a").json()
    assert {n["key"]: (n["depth"], n["distance"]) for n in near["nodes"]} == {
        "a": ("enriched", 0),
        "b": ("enriched", 1),
        "x": ("defined", 1),
        "y": (None, 1),
    }
    assert {(e["source"], e["target"], e["kind"]) for e in near["edges"]} == {
        ("a", "b", "kind of"),
        ("a", "x", "related"),
        ("a", "y", "related"),
        ("b", "a", "related"),
    }
    far = served.get("/graph/a?depth=3").json()
    assert {n["key"] for n in far["nodes"]} == set("abcdefxyz")
    assert not far["is_cut"]
    cut = served.get("/graph/a?depth=3&limit=3").json()
    assert (len(cut["nodes"]), cut["is_cut"]) == (3, True)
    assert {e["target"] for e in cut["edges"]} <= {n["key"] for n in cut["nodes"]}
    assert served.get("/graph/a?depth=4").status_code == 422
    assert served.get("/graph/nothing").status_code == 404


def test_merged_spelling_leads_to_its_word(served):
    learn(
        served,
        entry("selfie", aliases=("selfies",)),
        entry("phone", related_concepts=("Selfies", "Call", "Screen")),
    )
    alias = Alias(word="selfies", key="selfies", of="selfie", relation=Verdict.INFLECTION)
    other = Alias(word="qzelf", key="qzelf", of="selfie", relation=Verdict.SPELLING_VARIANT)
    served.do(served.store.put_aliases([alias, other]))
    shown = served.get("/entries/selfies").json()
    assert (shown["word"], shown["aliases"]) == ("Selfie", ["selfies"])
    # a form of an alias leads there, too
    missing = served.get("/entries/qzelfs")
    assert (missing.status_code, missing.json()["errors"][0]["params"]["variant_of"]) == (404, "Selfie")
    assert served.get("/graph/selfies").json()["nodes"][0]["key"] == "selfie"
    graph = served.get("/graph/phone").json()
    assert {n["key"]: n["depth"] for n in graph["nodes"]} == {
        "phone": "enriched",
        "selfie": "enriched",
        "call": None,
        "screen": None,
    }
    assert ("phone", "selfie") in {(e["source"], e["target"]) for e in graph["edges"]}
    found = served.get("/knowledge?q=selfies").json()["items"]
    assert [e["key"] for e in found] == ["selfie"]
    assert served.get("/knowledge?q=selfies&depth=deep").json()["items"] == []


def test_frontier_and_totals(served):
    learn(served, entry("moss"))
    served.do(
        served.store.add_to_frontier(
            {Word(text="Fern", key="fern"): ["moss"], Word(text="Bog", key="bog"): ["moss", "rock"]}, at=START
        )
    )
    first = served.get("/frontier?limit=1").json()
    assert (first["items"][0]["word"], first["items"][0]["mentioned_by"]) == ("Bog", ["moss", "rock"])
    assert keys(served.get(f"/frontier?limit=1&cursor={first['cursor']}")) == ["fern"]
    stats = served.get("/knowledge/stats").json()
    assert (stats["entries"], stats["frontier"], stats["by_category"]) == (1, 2, {"cognition": 1})
    kept = stats["kept"]
    assert (kept["details_days"], kept["jobs_days"], kept["prefect_bytes"]) == (14, 90, 0)
    assert (kept["store_bytes"] is None) == (kept["free_bytes"] is None)
    assert served.get("/frontier?cursor=x").status_code == 422


def test_large_answers_are_compressed_where_that_is_understood(full):
    served, _ = full
    answer = served.get("/knowledge?limit=200")
    assert answer.headers["content-encoding"] == "gzip"
    assert (
        "content-encoding"
        not in served.get("/knowledge?limit=200", headers={"Accept-Encoding": "identity"}).headers
    )


def test_words_of_a_quick_job_are_found_listed_and_exported_with_their_depth(served):
    learn(served, entry("moss"), definitions=[definition("mosquito")])
    for query in ("", "?q=mosq", f"?job_id={ANN}", "?depth=defined"):
        found = served.get(f"/knowledge{query}").json()["items"]
        [item] = [item for item in found if item["key"] == "mosquito"]
        assert (item["depth"], item["category"], item["definition"]) == (
            "defined",
            None,
            "What mosquito means.",
        )
    assert "mosquito" not in keys(served.get("/knowledge?category=cognition"))
    assert served.get("/knowledge/stats").json()["by_depth"] == {"defined": 1, "enriched": 1}
    lines = [json.loads(line) for line in served.get("/knowledge/export").text.splitlines()]
    assert [(line["key"], line["depth"]) for line in lines] == [("mosquito", "defined"), ("moss", "enriched")]
    rows = list(
        csv.DictReader(served.get("/knowledge/export?format=csv").content.decode("utf-8-sig").splitlines())
    )
    assert [(row["key"], row["depth"], row["category"]) for row in rows] == [
        ("mosquito", "defined", ""),
        ("moss", "enriched", "cognition"),
    ]
    assert served.get("/knowledge/export?format=parquet").status_code == 200
