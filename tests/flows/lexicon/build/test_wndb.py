"""WordNet's database files, line by line."""

from __future__ import annotations

import shutil

import pytest

from flows.lexicon.build.wndb import MalformedWordNet, Pointer, read_synsets, read_tags, split_gloss


@pytest.fixture(scope="module")
def synsets(wordnet_folder):
    return {synset.id: synset for synset in read_synsets(wordnet_folder)}


def test_licence_is_skipped_and_every_line_read_in_the_order_of_the_files(synsets):
    assert [part for part, _ in synsets] == [0] * 7 + [1] + [2] * 2 + [3]


def test_words_lose_their_underscores_and_syntactic_markers(synsets):
    assert synsets[0, 200].words == ("dog", "domestic dog")
    assert synsets[2, 100].words == ("tame",)
    assert synsets[2, 200].words == ("wild",)


def test_lexicographer_files_become_categories_in_plain_words(synsets):
    found = {synset.words[0]: synset.category for synset in synsets.values()}
    assert (found["cat"], found["tail"], found["Rover"], found["tame"], found["doggedly"]) == (
        "animal",
        "body",
        "person",
        "quality",
        "manner",
    )
    assert synsets[1, 100].category == "motion"


def test_pointers_say_in_plain_words_what_they_link_and_whether_words_or_whole_meanings(synsets):
    assert synsets[0, 200].pointers == (
        Pointer("kind of", (0, 100), 0, 0),
        Pointer("parts", (0, 400), 0, 0),
        Pointer("derived", (1, 100), 1, 1),
    )
    assert synsets[0, 700].pointers[0].kind == "instance of"


def test_satellite_adjectives_point_into_the_file_of_adjectives(synsets):
    assert synsets[2, 200].pointers == (Pointer("opposite", (2, 100), 1, 1),)


def test_verb_frames_after_the_pointers_are_no_pointers(synsets):
    assert len(synsets[1, 100].pointers) == 1


@pytest.mark.parametrize(
    ("gloss", "definition", "examples"),
    [
        ("a thing", "a thing", ()),
        ('a thing; "one thing"; "two things" ', "a thing", ("one thing", "two things")),
        ('a thing: "one thing"', "a thing", ("one thing",)),
        ('a rhyme; "ding dong" - A. Poet', "a rhyme", ("ding dong",)),
        ('a thing; "left open', "a thing", ("left open",)),
        ('"one thing"', "", ("one thing",)),
        ('the letter "a" as a name', 'the letter "a" as a name', ()),
        ('a thing; "x"', "a thing", ()),
        ("said of a `free' thing...", "said of a ‘free’ thing…", ()),
    ],
)
def test_glosses_are_parted_into_definition_and_examples(gloss, definition, examples):
    assert split_gloss(gloss) == (definition, examples)


def test_tags_are_found_by_word_file_and_offset(wordnet_folder):
    tags = read_tags(wordnet_folder)
    assert tags["dog", 0, 200] == (1, 42)
    assert tags["dog", 1, 100] == (1, 2)
    assert tags["wild", 2, 200] == (1, 4)


@pytest.mark.parametrize(
    ("file", "line", "read"),
    [
        (
            "data.noun",
            "00000900 05 n 01 dog 0 002 @ 00000100 n 0000 | too few pointers\n",
            lambda folder: list(read_synsets(folder)),
        ),
        ("data.verb", "no synset at all\n", lambda folder: list(read_synsets(folder))),
        ("index.sense", "dog%1:05:00:: 00000200 1\n", read_tags),
    ],
)
def test_broken_lines_are_named_by_file_and_number(wordnet_folder, tmp_path, file, line, read):
    folder = shutil.copytree(wordnet_folder, tmp_path / "broken")
    path = folder / file
    path.write_text(path.read_text() + line)
    number = len(path.read_text().splitlines())
    with pytest.raises(MalformedWordNet, match=rf"{file}, line {number}"):
        read(folder)


def test_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_synsets(tmp_path))
