"""The checker finds what is wrong: a sound store of a real job, with one lie told in it at a time."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from checker import faults_in
from validity import contains

pytestmark = pytest.mark.acceptance

LIES = {
    "claim": (
        "UPDATE known_words SET claimed_by = (SELECT job_id FROM jobs), claimed_until = 1 WHERE key = :key",
        "claimed by a job that is completed",
    ),
    "orphan": ("DELETE FROM solidified_knowledge WHERE key = :key", "stored otherwise"),
    "lost batch": ("DELETE FROM batches WHERE round = 1 AND number = 1", "stored without an outcome"),
    "lost round": ("DELETE FROM rounds WHERE number = 1", "has an outcome and no round"),
    "frontier": ("INSERT INTO frontier VALUES (:key, :key, 1, '[\"dog\"]', 0)", "is known"),
    "totals": ("UPDATE totals SET count = count + 1 WHERE name = 'support'", "totals do not agree"),
    "depth": ("UPDATE known_words SET depth = 3 WHERE key = :key", "known at depth 3"),
    "log": ("DELETE FROM job_log WHERE seq = 2", "holes"),
    "index": ("DELETE FROM entry_search WHERE rowid = 1", "full-text search"),
    "definition": (
        (
            "UPDATE solidified_knowledge SET document = json_set(document, '$.definition', 'short') WHERE key"
            " = :key"
        ),
        "definition of 5",
    ),
    "example": (
        (
            "UPDATE solidified_knowledge SET document = json_set(document, '$.examples[0]', 'Nothing of it"
            " here') WHERE key = :key"
        ),
        "without the word",
    ),
    "category": (
        (
            "UPDATE solidified_knowledge SET document = json_set(document, '$.category', 'thing') WHERE key ="
            " :key"
        ),
        "category 'thing'",
    ),
    "status": ("UPDATE jobs SET document = json_set(document, '$.status', 'running')", "says running"),
    "late": ("UPDATE jobs SET document = json_set(document, '$.active_seconds', 999)", "worked for 999"),
    "counts": ("UPDATE jobs SET document = json_set(document, '$.counts.stored', 1)", "counts 1 stored"),
}


@pytest.fixture(scope="module")
def sound(stack, tmp_path_factory):
    """A store of one small job, without a fault."""
    store = tmp_path_factory.mktemp("sound") / "knowledge.db"
    run = stack.learn("run", "big", "--max-entries", "40", "--json", store=store)
    assert run.wait(60) == 0
    assert json.loads(run.text)["counts"]["stored"] == 40
    assert faults_in(store) == []
    return store


@pytest.mark.parametrize("lie", LIES)
def test_checker_names_each_lie(sound, tmp_path, lie):
    store = tmp_path / "knowledge.db"
    shutil.copy(sound, store)
    statement, expected = LIES[lie]
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        (key,) = database.execute(
            "SELECT key FROM solidified_knowledge ORDER BY json_array_length(document, '$.examples') DESC"
            " LIMIT 1"
        ).fetchone()
        database.execute(statement, {"key": key} if ":key" in statement else {})
    assert any(expected in fault for fault in faults_in(store)), faults_in(store)[:5]


@pytest.mark.parametrize(
    ("word", "text", "is_there"),
    [
        ("kick one's heels", "She kicked her heels for hours", True),
        ("kick one's heels", "They were kicking Ann's heels", True),
        ("kick one's heels", "She kicked high heels", False),
        ("enjoy oneself", "They enjoyed themselves", True),
        ("enjoy oneself", "They enjoyed it", False),
        ("take off", "He took his coat off", True),
        ("cat", "Two cats", True),
        ("cat", "A dog", False),
    ],
)
def test_checker_finds_a_word_in_its_forms(word, text, is_there):
    assert contains(text, word) is is_there
