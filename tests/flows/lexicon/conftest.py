"""The real lexicon, and a small one made of a dozen meanings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from wordnet_files import write

from flows.lexicon.build.importer import build
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon


@pytest.fixture(scope="session")
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.fixture(scope="session")
def morphology(lexicon):
    return Morphology(lexicon)


@pytest.fixture
def entry(lexicon):
    return lambda key: lexicon.lookup([key])[key]


@pytest.fixture(scope="session")
def wordnet_folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("wndb"))


@pytest.fixture(scope="session")
def small_file(wordnet_folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("small") / "small.sqlite"
    build(wordnet_folder, target, stamp="made for tests")
    return target


@pytest.fixture(scope="session")
def small(small_file):
    with Lexicon(small_file) as opened:
        yield opened
