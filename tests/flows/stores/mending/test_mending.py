"""Mending any words, by the rules on the real lexicon: no doubles are left, and nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_documents import START, batch, definition, entry

from flows.core.selection import judge, screen
from flows.core.words import word_key
from flows.knowledge import Verdict
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon
from flows.stores.base import Store
from flows.stores.memory import MemoryStore
from flows.stores.mending import Mend, MendOutcome, MendRules, mend_store
from flows.stores.sqlite import SqliteStore
from service.cli.upkeep.mend import lexicon_rules
from tests.thorough import amount

POOL = [
    *(
        "cafe café cafés cafes facade façade façades selfie selfies vlog vlogs vlogging resume résumé resumes"
        " résumés rose rosé roses bite bit bits colour color colours e-mail email e-mails leaf leaves leave"
        " glass glasses co-op coop naïve naive TABLE tables news new doomscroll doomscrolling doom-scrolling"
        " theatre theater gaslight gaslighting coöperate cooperate co-operate ﬁsh fishes Paris iPhone iPhones"
        " story storey program programme airfryer air-fryer emoji emojis podcast podcasts Podcasting zoë zoe"
        " jalapeño jalapeno"
    ).split(),
    *("machine learning", "machine-learning", "e mail", "air fryer", "air fryers", "set up", "set-up"),
]


@pytest.fixture(scope="module")
def rules() -> Iterator[MendRules]:
    with lexicon_rules("en") as found:
        yield found


@pytest.fixture(scope="module")
def morphology() -> Iterator[Morphology]:
    with Lexicon() as lexicon:
        yield Morphology(lexicon)


async def mended(store: Store, rules: MendRules, *, is_dry_run: bool = False) -> list[Mend]:
    return [found async for found in mend_store(store, rules, is_dry_run=is_dry_run, tell=lambda *_: None)]


def are_variants(one: str, other: str, morphology: Morphology) -> bool:
    """Whether today a job that knows the one would refuse the other."""
    screening = screen(
        [(one, "model"), (other, "model")],
        processed=(),
        base_forms=morphology.base_forms,
        are_variants=morphology.are_variants,
        parts_of=morphology.parts_of,
    )
    verdicts = {candidate.verdict for candidate in judge(screening, taken={}, limit=2)}
    return bool(verdicts & {Verdict.INFLECTION, Verdict.SPELLING_VARIANT})


async def check(store: Store, texts: list[str], rules: MendRules, morphology: Morphology) -> None:
    made = {word_key(text): text for text in texts}
    entries, definitions = [], []
    for number, (key, text) in enumerate(made.items()):
        at = START + timedelta(minutes=number)
        if number % 3:
            entries.append(entry(key, word=text, at=at, depth="deep" if number % 2 else "enriched"))
        else:
            definitions.append(definition(key, at=at).model_copy(update={"word": text}))
    outcomes = [*(e.key for e in entries), *((d.key, "defined") for d in definitions)]
    await store.commit_batch(batch(*outcomes), entries=entries, definitions=definitions)
    before = {word.definition.key: word async for word in store.all_words()}
    planned = await mended(store, rules, is_dry_run=True)
    assert {word.definition.key: word async for word in store.all_words()} == before
    done = await mended(store, rules)
    assert [m.model_copy(update={"outcome": MendOutcome.PLANNED}) for m in done] == planned
    assert all(m.outcome is MendOutcome.DONE for m in done)
    assert await mended(store, rules) == []
    after = {word.definition.key: word async for word in store.all_words()}
    aliases = {alias.key: alias async for alias in store.all_aliases()}
    assert after.keys() | aliases.keys() == before.keys()
    assert after.keys().isdisjoint(aliases)
    assert {alias.of for alias in aliases.values()} <= after.keys()
    touched = {word_key(name) for m in done for name in (m.word, m.into) if name}
    assert {k: w for k, w in after.items() if k not in touched} == {
        k: w for k, w in before.items() if k not in touched
    }
    for one, other in permutations(after, 2):
        are_both_listed = morphology.parts_of(one) and morphology.parts_of(other)
        if not are_both_listed or morphology.mean_the_same(one, other):
            assert not are_variants(one, other, morphology), (one, other)
    for key, alias in aliases.items():
        assert not (morphology.parts_of(key) and morphology.parts_of(alias.of)) or morphology.mean_the_same(
            key, alias.of
        )
        assert alias.word in after[alias.of].definition.aliases


@settings(max_examples=amount(60, thorough=600), deadline=None)
@given(texts=st.lists(st.sampled_from(POOL), unique_by=word_key, min_size=1, max_size=14))
def test_no_doubles_are_left_and_nothing_else_is_changed(
    texts: list[str], rules: MendRules, morphology: Morphology
):
    asyncio.run(check(MemoryStore(), texts, rules, morphology))


def test_all_of_them_in_one_file(tmp_path: Path, rules: MendRules, morphology: Morphology):
    async def run() -> None:
        async with SqliteStore(tmp_path / "store.db") as store:
            await check(store, POOL, rules, morphology)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resume", "résumé"),
        ("bite", "bit"),
        ("rose", "rosé"),
        ("story", "storey"),
        ("lite", "light"),
        ("new", "news"),
        ("glass", "glasses"),
        ("co-op", "coop"),
        ("check", "cheque"),
        ("set up", "setup"),
        ("corn", "corner"),
    ],
)
def test_true_pairs_stay_two(one: str, other: str, rules: MendRules):
    async def run() -> None:
        store = MemoryStore()
        entries = [entry(word_key(text), word=text) for text in (one, other)]
        await store.commit_batch(batch(*(e.key for e in entries)), entries=entries)
        assert await mended(store, rules) == []

    asyncio.run(run())
