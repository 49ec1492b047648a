"""One word looked up, for every face: what is known of it, or what it is and how it can be learned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from flows.core import selection
from flows.core.identity.graphics import graphical_key
from flows.core.identity.relatives import WordFacts
from flows.core.words import form_problem, printable, word_key
from flows.errors import ConfigurationError
from flows.knowledge import Candidate, Entry, KnownWord, Verdict
from flows.settings import Settings
from flows.stores.base import Store

if TYPE_CHECKING:
    from flows.lexicon.morphology import Morphology

AbsenceCode = Literal[
    "variant_of_known",
    "variant_of_unlearned",
    "taken_for_variant",
    "in_work",
    "not_a_word",
    "not_in_lexicon",
    "not_learned",
]
NOBODY = UUID(int=0)
"""The job that asks what is taken: one that holds no word."""


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """The result of looking up a word.

    `known` is what was found: under the word itself if `relation` is None, otherwise under the word of which
    it is a form or another spelling. For a word with nothing of its own, `code` says what it is and `other`
    which word takes its place; `verdict` is why it is not a word at all. `learn` is what a quick job may be
    asked to learn, None if it would refuse.
    """

    asked: str
    known: Entry | KnownWord | None = None
    relation: Verdict | None = None
    verdict: Verdict | None = None
    code: AbsenceCode | None = None
    other: str | None = None
    learn: str | None = None
    is_alias: bool = False
    """Whether the asked word is one of the other names that are kept with what is known."""

    @property
    def params(self) -> dict[str, Any]:
        """What goes with the code: `word`, and where they apply `variant_of`, `relation`, `verdict` and
        `learn`.
        """
        given = {
            "word": printable(self.asked, 60),
            "variant_of": self.other,
            "relation": self.relation.value if self.relation else None,
            "verdict": self.verdict.value if self.verdict else None,
            "learn": self.learn,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def is_same_word(self) -> bool:
        """Whether what is known is the asked word, in other marks and spaces at most."""
        if self.known is None or self.relation is None or self.is_alias:
            return self.known is not None
        if self.relation is not Verdict.SPELLING_VARIANT:
            return False
        return graphical_key(_key_of(self.known)) == graphical_key(word_key(self.asked))


async def look_up(store: Store, asked: str, settings: Settings) -> LookedUp:
    """Find a word by its key, then by the words of which it is a form or another spelling; otherwise say what
    it is, by the rules that a job would apply.
    """
    key = word_key(asked)
    itself = await _known(store, (key,)) if key else None
    if itself is not None:
        return LookedUp(asked=asked, known=itself)
    if key and (alias := (await store.aliases([key])).get(key)):
        known = await _known(store, (alias.of,))
        if known is not None:
            return LookedUp(
                asked=asked, known=known, relation=alias.relation, other=_word_of(known), is_alias=True
            )
    problem = form_problem(asked)
    if problem:
        return LookedUp(asked=asked, code="not_a_word", verdict=problem[0])
    from flows.lexicon.naming import OtherNames

    with _morphology() as morphology:
        names = await asyncio.to_thread(OtherNames, key, morphology, language=settings.language)
        stored = await store.spelled_alike(names.graphical_keys)
        others = await asyncio.to_thread(names.all, stored)
        found = await _known_or_alias(store, tuple(others))
        candidate = await _judged(store, asked, morphology, settings)
        learn = candidate.text if candidate.verdict is Verdict.ACCEPTED else None
        is_listed = settings.writes_with_groq or await asyncio.to_thread(
            _is_listed, candidate.key, morphology
        )
        if found is not None:
            under, known = found
            return _variant(asked, known, others[under], learn=learn if is_listed else None)
        if learn is None:
            return await _refused(store, asked, candidate)
        is_form = others.get(candidate.key) is Verdict.INFLECTION  # "led", though the lexicon lists "LED"
        if is_listed and not is_form:
            return LookedUp(asked=asked, code="not_learned", learn=learn)
        base = learn if is_form else await asyncio.to_thread(_listed_base, key, morphology)
    if base is not None:
        relation = Verdict.INFLECTION
        return LookedUp(asked=asked, code="variant_of_unlearned", relation=relation, other=base, learn=base)
    return LookedUp(asked=asked, code="not_in_lexicon")


@contextmanager
def _morphology() -> Iterator[Morphology | None]:
    from flows.lexicon.morphology import Morphology
    from flows.lexicon.reader import Lexicon

    try:
        lexicon = Lexicon()
    except ConfigurationError:
        yield None
        return
    with lexicon:
        yield Morphology(lexicon)


async def _known(store: Store, keys: tuple[str, ...]) -> Entry | KnownWord | None:
    found = await store.known(keys)
    key = next((key for key in keys if key in found), None)
    return None if key is None else await store.entry(key) or found[key]


async def _known_or_alias(store: Store, keys: tuple[str, ...]) -> tuple[str, Entry | KnownWord] | None:
    """The first key under which something is known, directly or as an alias, and what is known."""
    known = await _known(store, keys)
    if known is not None:
        return _key_of(known), known
    aliases = await store.aliases(keys)
    for key in keys:
        known = await _known(store, (aliases[key].of,)) if key in aliases else None
        if known is not None:
            return key, known
    return None


async def _judged(store: Store, asked: str, morphology: Morphology | None, settings: Settings) -> Candidate:
    """The verdict that a quick job would give the word."""
    screening = await asyncio.to_thread(_screened, asked, morphology, settings)
    screening = screening.with_stored(await store.spelled_alike(screening.graphical_keys))
    taken = await store.taken(screening.keys_to_look_up, job_id=NOBODY)
    return selection.judge(screening, taken=taken, limit=1)[0]


def _screened(asked: str, morphology: Morphology | None, settings: Settings) -> selection.Screening:
    facts = WordFacts()
    screen = partial(selection.screen, [(asked, "given")], processed=(), language=settings.language)
    if morphology is None:
        return screen(base_forms=facts.base_forms, are_variants=facts.are_variants)
    return screen(
        base_forms=morphology.base_forms,
        are_variants=morphology.are_variants,
        parts_of=morphology.parts_of,
        written=morphology.written({asked}, folds_marks=not settings.writes_with_groq, reduces_forms=True),
    )


def _is_listed(key: str, morphology: Morphology | None) -> bool:
    """Whether the lexicon has the word; True without a lexicon, since the job will find out."""
    return morphology is None or bool(morphology.parts_of(key))


def _listed_base(key: str, morphology: Morphology | None) -> str | None:
    bases = morphology.words_of(key) if morphology else ()
    return next((base for base in bases if _is_listed(base, morphology)), None)


def _variant(asked: str, known: Entry | KnownWord, relation: Verdict, *, learn: str | None) -> LookedUp:
    return LookedUp(
        asked=asked,
        known=known,
        relation=relation,
        code="variant_of_known",
        other=_word_of(known),
        learn=learn,
    )


async def _refused(store: Store, asked: str, candidate: Candidate) -> LookedUp:
    """A word that a job would refuse: another one takes its place, or a job is learning it.

    Here, that it is an inflection is only the job's guess, not a fact as in `OtherNames`.
    """
    if candidate.verdict is Verdict.CLAIMED_ELSEWHERE:
        return LookedUp(asked=asked, code="in_work")
    other = candidate.variant_of or candidate.key
    found = await _known_or_alias(store, (other,))
    if found is None:
        return LookedUp(asked=asked, code="in_work", relation=candidate.verdict, other=other)
    known = found[1]
    if candidate.verdict is Verdict.INFLECTION:
        return LookedUp(
            asked=asked, code="taken_for_variant", relation=Verdict.INFLECTION, other=_word_of(known)
        )
    return _variant(asked, known, Verdict.SPELLING_VARIANT, learn=None)


def _key_of(known: Entry | KnownWord) -> str:
    return known.key if isinstance(known, Entry) else known.definition.key


def _word_of(known: Entry | KnownWord) -> str:
    return known.word if isinstance(known, Entry) else known.definition.word
