"""Entries as files: whole, in each format, a few at once."""

from __future__ import annotations

import csv
import io
import json
import threading

import pandas as pd
import pyarrow.parquet as pq
import pytest
from store_documents import entry

from flows.knowledge import Entry
from tests.service.api.knowledge_learned import learn


@pytest.fixture
def served(serve):
    return serve()


def test_jsonl_export_holds_every_entry_whole(full):
    served, made = full
    answer = served.get("/knowledge/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="knowledge.jsonl"'
    assert [Entry.model_validate_json(line) for line in answer.text.splitlines()] == made
    frame = pd.read_json(io.BytesIO(answer.content), lines=True)
    assert len(frame) == 2500
    assert frame["citations"][0][0]["licence"] == "CC BY-SA 4.0"


def test_csv_export_opens_in_pandas_and_names_its_licences(full):
    served, made = full
    answer = served.get("/knowledge/export?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    frame = pd.read_csv(io.BytesIO(answer.content), keep_default_na=False)
    assert list(frame["key"]) == [e.key for e in made]
    assert list(frame["definition"]) == [e.definition.replace("=1+1", "'=1+1") for e in made]
    assert set(frame["licences"]) == {"CC BY-SA 4.0"}
    assert "https://example.org/licence" in frame["attribution"][0]
    assert json.loads(frame["citations"][0]) == [c.model_dump(mode="json") for c in made[0].citations]
    assert json.loads(frame["related_concepts"][0]) == ["one", "two", "three"]
    assert len(list(csv.reader(io.StringIO(answer.text, newline="")))) == 2501


def test_parquet_export_opens_in_pyarrow_and_pandas(full):
    served, made = full
    answer = served.get("/knowledge/export?format=parquet")
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert file.metadata.num_row_groups == 3
    rows = file.read().to_pylist()
    assert [(r["key"], r["definition"], r["created_at"]) for r in rows] == [
        (e.key, e.definition, e.created_at) for e in made
    ]
    assert rows[0]["citations"][0]["quote"] == "A quote."
    assert rows[0]["related_concepts"] == ["one", "two", "three"]
    frame = pd.read_parquet(io.BytesIO(answer.content))
    assert len(frame) == 2500


def test_empty_store_exports_empty_files_that_open(served):
    assert served.get("/knowledge/export").content == b""
    assert list(pd.read_csv(io.BytesIO(served.get("/knowledge/export?format=csv").content)).columns)[:2] == [
        "word",
        "key",
    ]
    assert len(pd.read_parquet(io.BytesIO(served.get("/knowledge/export?format=parquet").content))) == 0
    assert served.get("/knowledge/export?format=xml").status_code == 422


def test_exports_past_the_limit_wait_and_a_reader_that_leaves_frees_its_place(serve, tmp_path):
    served = serve(store=f"sqlite:///{tmp_path}/store.db", max_exports=1)
    learn(served, *[entry(f"word {n:05}", definition="long " * 2000) for n in range(1200)])
    with served.client.stream("GET", "/knowledge/export") as slow:
        assert slow.status_code == 200
        refused = served.get("/knowledge/export")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
    freed = threading.Event()
    for _ in range(100):
        if served.get("/knowledge/export").status_code == 200:
            freed.set()
            break
        freed.wait(0.1)
    assert freed.is_set()
