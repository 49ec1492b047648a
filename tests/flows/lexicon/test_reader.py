"""Opening and reading the lexicon's file."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.errors import LexiconMissing
from flows.knowledge import Category
from flows.lexicon.reader import DEFAULT_PATH, Lexicon

MEMORY = """
import json, resource, sys
from pathlib import Path
import flows.lexicon.reader as reader

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

before = resident()
with reader.Lexicon() as lexicon:
    opened = resident()
    for start in range(0, 20_000, 20):
        lexicon.lookup([lemma.key for lemma in lexicon.lemmas(after_rank=start, limit=20)])
    used = resident()
json.dump([opened - before, used - before], sys.stdout)
"""


def test_missing_file_names_the_way_out(tmp_path):
    with pytest.raises(LexiconMissing, match="make setup"):
        Lexicon(tmp_path / "wordnet.sqlite")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_file_that_is_no_lexicon_is_refused(tmp_path, content):
    path = tmp_path / "wordnet.sqlite"
    path.write_bytes(content)
    with pytest.raises(LexiconMissing, match="is not readable"):
        Lexicon(path)


def test_truncated_file_is_told_when_it_is_read(tmp_path):
    path = tmp_path / "wordnet.sqlite"
    path.write_bytes(DEFAULT_PATH.read_bytes()[:40960])
    with pytest.raises(LexiconMissing, match="is not readable"), Lexicon(path) as lexicon:
        lexicon.lookup(["tiger"])


def test_file_of_another_layout_is_refused(small_file, tmp_path):
    path = tmp_path / "wordnet.sqlite"
    shutil.copy(small_file, path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'layout'")
    connection.close()
    with pytest.raises(LexiconMissing, match="layout 1"):
        Lexicon(path)


def test_nothing_can_be_written_and_nothing_appears_beside_the_file(small_file, tmp_path):
    path = tmp_path / "wordnet.sqlite"
    shutil.copy(small_file, path)
    path.chmod(0o444)
    with Lexicon(path) as lexicon:
        assert lexicon.lookup(["dog"])
        with pytest.raises(LexiconMissing, match="readonly"):
            lexicon.rows("DELETE FROM lemma")
        assert [found.name for found in tmp_path.iterdir()] == ["wordnet.sqlite"]


def test_file_opens_where_its_name_holds_signs_of_an_address(small_file, tmp_path):
    path = tmp_path / "50% of #1?" / "wordnet.sqlite"
    path.parent.mkdir()
    shutil.copy(small_file, path)
    with Lexicon(path) as lexicon:
        assert lexicon.size == 11


def test_closing_twice_does_nothing_and_reading_after_it_is_an_error(small_file):
    lexicon = Lexicon(small_file)
    lexicon.close()
    lexicon.close()
    with pytest.raises(LexiconMissing):
        lexicon.find(["dog"])


def test_several_threads_may_read_at_once(lexicon):
    keys = [lemma.key for lemma in lexicon.lemmas(limit=400)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda key: lexicon.lookup([key])[key].key, keys))
    assert found == keys


def test_entry_holds_all_meanings_with_words_glosses_and_fields(entry):
    tiger = entry("tiger")
    assert (tiger.key, tiger.text) == ("tiger", "tiger")
    animal = tiger.senses[0]
    assert animal.category is Category.ANIMAL
    assert animal.words == ("tiger", "Panthera tigris")
    assert "stripes" in animal.gloss
    assert [sense.category for sense in tiger.senses[1:]] == [Category.PERSON]


def test_words_that_are_no_headwords_are_absent(lexicon):
    assert set(lexicon.lookup(["tiger", "xyzzy", "tigers' "])) == {"tiger"}
    assert lexicon.lookup([]) == {}
    assert lexicon.contains(["tiger", "xyzzy"]) == {"tiger"}


def test_keys_are_data_never_a_query(lexicon):
    assert lexicon.find(['"] OR 1=1 --', "%", "'"]) == {}
    assert lexicon.starting_with("%") == []


def test_pages_of_lemmas_follow_each_other_without_a_gap(lexicon):
    assert [x.rank for x in lexicon.lemmas(limit=3)] == [1, 2, 3]
    assert [x.rank for x in lexicon.lemmas(after_rank=3, limit=2)] == [4, 5]
    assert lexicon.lemmas(after_rank=lexicon.size) == []


def test_relation_that_means_a_rare_sense_of_a_common_word_counts_as_rare(lexicon, entry):
    drinks = {r.text: r.rank for r in entry("beverage").senses[0].relations if r.kind == "kinds"}
    assert drinks["coffee"] < 5_000
    assert "mate" not in drinks or drinks["mate"] > 5 * lexicon.find(["mate"])["mate"].rank


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_small_however_much_is_read():
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, timeout=120
    )
    opened, used = json.loads(done.stdout)
    assert opened < 10e6
    assert used < 20e6
