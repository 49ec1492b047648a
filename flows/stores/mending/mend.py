"""What `learn mend` does, step by step.

A new kind of mend is a kind, a step, and the words in which the command line tells it. A step looks at the
names of all words, says what it would do, and does it if it may: each change in one commit, so that an
interrupted run is taken up by the next one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from flows.core.identity.doubles import Double, Doubles, Likeness, likeness, merge, respelled
from flows.core.identity.relatives import WordFacts
from flows.core.words import word_key
from flows.knowledge import LearnedWord, Merge
from flows.knowledge.base import Document
from flows.stores.base import Store
from flows.stores.mending.names import NameIndex

READ_AT_ONCE = 1000

Progress = Callable[[int, int], None]
"""Gets how many words are looked at, and of how many; 0 of 0 while the names are read."""


class MendKind(StrEnum):
    """What is mended."""

    INDEXED = "indexed"
    """Words get the key by which other spellings find them."""
    RESPELLED = "respelled"
    """A headword is written as the lexicon writes it."""
    MERGED = "merged"
    """A double becomes an alias of its word."""


class MendOutcome(StrEnum):
    """How far a mend has come."""

    PLANNED = "planned"
    DONE = "done"
    IN_USE = "in use"
    """Left as it is: a job works on one of its words."""


class Mend(Document):
    """One mend: of a word, into another if it is merged, or of several words at once."""

    kind: MendKind
    outcome: MendOutcome
    count: int = 1
    word: str | None = None
    into: str | None = None
    reason: Likeness | None = None


@dataclass(frozen=True, kw_only=True)
class MendRules:
    """Who words are, as proposed words are judged."""

    facts: WordFacts
    mean_the_same: Callable[[str, str], bool]
    """Whether two keys are headwords with the very same meanings."""
    written: Callable[[Collection[str]], Mapping[str, str]]
    """Texts as the lexicon writes them, if otherwise."""
    ranks: Callable[[Collection[str]], Mapping[str, int]]
    """How common the headwords among some keys are, from 1."""


@dataclass(frozen=True, kw_only=True)
class MendContext:
    """What a step works with."""

    store: Store
    rules: MendRules
    names: NameIndex
    is_dry_run: bool
    tell: Progress

    async def change(
        self, keys: Collection[str], make: Callable[[Mapping[str, LearnedWord]], Merge]
    ) -> MendOutcome:
        """Change learned words, unless a job works on them or this is a dry run."""
        if self.names.is_claimed(*keys):
            return MendOutcome.IN_USE
        if self.is_dry_run:
            return MendOutcome.PLANNED
        words = await self._learned(keys)
        is_done = len(words) == len(keys) and await self.store.merge(make(words))
        return MendOutcome.DONE if is_done else MendOutcome.IN_USE

    async def _learned(self, keys: Collection[str]) -> dict[str, LearnedWord]:
        known, entries = await self.store.known(keys), await self.store.entries(keys)
        return {key: LearnedWord(**dict(word), entry=entries.get(key)) for key, word in known.items()}


MendStep = Callable[[MendContext], AsyncGenerator[Mend]]


async def index_graphical(mending: MendContext) -> AsyncGenerator[Mend]:
    """Give every row the graphical key that earlier versions did not store."""
    count = 0
    for keys in mending.names.lacking_graphical():
        if not mending.is_dry_run:
            await mending.store.index_graphical(keys)
        count += len(keys)
    if count:
        outcome = MendOutcome.PLANNED if mending.is_dry_run else MendOutcome.DONE
        yield Mend(kind=MendKind.INDEXED, outcome=outcome, count=count)


async def respell(mending: MendContext) -> AsyncGenerator[Mend]:
    """Write headwords as the lexicon does; the key stays ("TABLE", "table")."""
    for page in mending.names.pages():
        written = mending.rules.written([name.word for name in page])
        for key, word in page:
            better = written.get(word)
            if better is None or better == word or word_key(better) != key:
                continue
            change = partial(_respelled, key=key, word=better, at=mending.store.now())
            outcome = await mending.change([key], change)
            yield Mend(kind=MendKind.RESPELLED, outcome=outcome, word=word, into=better)


async def merge_doubles(mending: MendContext) -> AsyncGenerator[Mend]:
    """Make each double an alias of the word that it is a spelling or a form of."""
    names, doubles = mending.names, Doubles(mending.rules.facts, mending.names, mending.rules.mean_the_same)
    done, total = 0, len(names)
    for page in names.pages():
        for key, _ in page:
            for double in doubles.of(key):
                stays = names.word(double.into)
                headword = mending.rules.written([stays]).get(stays, stays)
                headword = headword if word_key(headword) == double.into else stays
                change = partial(_merged, double=double, word=headword, at=mending.store.now())
                outcome = await mending.change([double.into, double.key], change)
                yield Mend(
                    kind=MendKind.MERGED,
                    outcome=outcome,
                    word=names.word(double.key),
                    into=headword,
                    reason=likeness(double.key, double.into, double.relation),
                )
        done += len(page)
        mending.tell(done, total)


def _respelled(words: Mapping[str, LearnedWord], *, key: str, word: str, at: datetime) -> Merge:
    return respelled(words[key], word, at)


def _merged(words: Mapping[str, LearnedWord], *, double: Double, word: str, at: datetime) -> Merge:
    return merge(words[double.into], words[double.key], relation=double.relation, word=word, at=at)


STEPS: tuple[MendStep, ...] = (index_graphical, respell, merge_doubles)
"""The order matters: mending writes words that are one alike before it merges them."""


async def mend_store(
    store: Store, rules: MendRules, *, is_dry_run: bool, tell: Progress, steps: tuple[MendStep, ...] = STEPS
) -> AsyncGenerator[Mend]:
    """Mend a store, or with `is_dry_run` say what would be done. Memory stays bounded.

    Jobs may run meanwhile: a word under a live claim stays as it is, and its mend is `in use`.
    """
    with NameIndex() as names:
        after = ""
        while page := await store.names(after=after, limit=READ_AT_ONCE):
            names.add(page, rules.ranks([name.key for name in page]))
            after = page[-1].key
            tell(0, 0)
        mending = MendContext(store=store, rules=rules, names=names, is_dry_run=is_dry_run, tell=tell)
        for step in steps:
            async for found in step(mending):
                yield found
