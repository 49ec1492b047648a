"""The lexicon as a language model: real words and texts from WordNet, with no key and no network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from flows.core.words import form_problem, word_key
from flows.knowledge import (
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Enrichment,
    Generation,
    ProposalRequest,
    WordEvidence,
)
from flows.knowledge.base import T
from flows.lexicon import compose, relate
from flows.lexicon.morphology import Morphology
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lemma, LexicalEntry, Lexicon
from flows.lexicon.topics import unknown_topic

_PAGE = 1000

TakenKeys = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Tells which keys are already known or claimed. A mapping also says which: True if known, False if claimed
by a job, which may give the word back.
"""


class _WordSource:
    """The lemmas of one topic in three steps: read, judged, ready to propose."""

    def __init__(self, lemmas: Iterator[Lemma]) -> None:
        self.unjudged: list[Lemma] = []
        self.free: list[Lemma] = []
        self.held: list[Lemma] = []
        """Passed over because a job had claimed them."""
        self.has_any = False
        self._lemmas = lemmas

    def read(self) -> bool:
        """Make sure there are lemmas to judge; False at the end. A page that was never judged comes again."""
        # Inline: a topic's neighbourhood reads every gloss once (about 50 ms); a page of all lemmas takes
        # one.
        self.unjudged = self.unjudged or list(islice(self._lemmas, _PAGE))
        self.has_any = self.has_any or bool(self.unjudged)
        return bool(self.unjudged)


class LexiconModel:
    """Proposes common words first, or those near a topic, and composes everything else from glosses and
    relations.

    It invents nothing, so whatever WordNet lacks stays empty. It never proposes a word twice. The caller
    closes the lexicon.
    """

    name = "wordnet-3.1"
    invents = False
    prompt_version = "lexicon-2"

    def __init__(self, lexicon: Lexicon, *, taken: TakenKeys) -> None:
        self._lexicon = lexicon
        self._morphology = Morphology(lexicon)
        self._taken = taken
        self._offered = bytearray(lexicon.size + 1)
        self._sources: dict[str | None, _WordSource] = {}
        self._turn = asyncio.Lock()

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """Lemmas that are not taken, at most `request.count`; fewer or none at the end of the list or of the
        topic's neighbourhood.

        At the end come, again and again until they are known, the words that jobs hold: the list is not at
        its end while they may be given back.

        Raises UnknownTopic, suggesting words spelled like it, if no word is near the topic.
        """
        topic = word_key(request.topic) if request.topic and request.topic.strip() else None
        avoided = {word_key(word) for word in request.avoid}
        chosen: list[Lemma] = []
        async with self._turn:
            source = self._source_of(topic)
            at = 0
            while len(chosen) < request.count and (at < len(source.free) or await self._refill(source)):
                lemma = source.free[at]
                at += 1
                if not self._offered[lemma.rank] and lemma.key not in avoided:
                    chosen.append(lemma)
            if topic and not source.has_any:
                raise unknown_topic(self._lexicon, topic)
            held = [] if chosen else await self._still_held(source, request.count)
            # Only now, so that a failed call's answer is offered by the next one.
            del source.free[:at]
            for lemma in chosen:
                self._offered[lemma.rank] = 1
        return self._generation(tuple(lemma.text for lemma in chosen or held))

    def lists(self, key: str) -> bool:
        """Whether the lexicon has the word as a headword."""
        return key in self._lexicon.lookup({key})

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """The gloss of each word's common meaning; words that are not headwords are absent."""
        entries = self._look_up(item.word.key for item in batch)
        return self._generation(
            {
                key: DefinitionDraft(
                    text=compose.definition(entry), part_of_speech=entry.senses[0].part_of_speech
                )
                for key, entry in entries.items()
            }
        )

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """All meanings, the words around the common one and the examples that show the word; words that are
        not headwords are absent.
        """
        entries = self._look_up(item.key for item in batch)
        glosses = [sense.gloss for entry in entries.values() for sense in entry.senses[:2]]
        glossary = self._morphology.headwords(
            {word for gloss in glosses for word in relate.gloss_words(gloss)}
        )
        lemmas_of = self._morphology.lemmas_in(
            example for entry in entries.values() for sense in entry.senses for example in sense.examples
        )
        answers = {}
        for key, entry in entries.items():
            fitting = [relate.fitting_examples(sense, key, lemmas_of) for sense in entry.senses]
            answers[key] = Enrichment(
                related_concepts=relate.related_concepts(entry, self._lexicon.presentable, glossary),
                relations=relate.relations(entry, self._lexicon.presentable),
                examples=fitting[0][: relate.MOST_EXAMPLES],
                category=entry.senses[0].category.value,
                senses=compose.senses(entry, fitting),
            )
        return self._generation(answers)

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A text on all meanings and on the words around the common one; uses if a gloss names them, never
        misconceptions.
        """
        entries = self._look_up(item.entry.key for item in batch)
        return self._generation(
            {
                key: Deepening(
                    explanation=compose.explanation(entry, self._lexicon.presentable),
                    applications=compose.applications(entry),
                )
                for key, entry in entries.items()
            }
        )

    def _source_of(self, topic: str | None) -> _WordSource:
        if topic not in self._sources:
            self._sources[topic] = _WordSource(neighbourhood(self._lexicon, topic) if topic else self._all())
        return self._sources[topic]

    async def _refill(self, source: _WordSource) -> bool:
        """Add the next lemmas that are not taken; returns whether there were any."""
        while source.read():
            usable = [
                lemma
                for lemma in source.unjudged
                if not self._offered[lemma.rank] and form_problem(lemma.text) is None
            ]
            taken = await self._taken([lemma.key for lemma in usable]) if usable else ()
            free = [lemma for lemma in usable if lemma.key not in taken]
            source.unjudged = []
            source.free += free
            source.held += _held_of(usable, taken)
            if free:
                return True
        return False

    async def _still_held(self, source: _WordSource, count: int) -> list[Lemma]:
        """At most `count` words that were claimed when they were read and are not known yet."""
        taken = await self._taken([lemma.key for lemma in source.held]) if source.held else ()
        # a mapping without the key: the word was given back, and may be claimed now
        known = {key for key in taken if not isinstance(taken, Mapping) or taken[key]}
        source.held = [lemma for lemma in source.held if lemma.key not in known]
        return source.held[:count]

    def _all(self) -> Iterator[Lemma]:
        rank = 0
        while page := self._lexicon.lemmas(after_rank=rank, limit=_PAGE):
            yield from page
            rank = page[-1].rank

    def _look_up(self, keys: Iterator[str]) -> dict[str, LexicalEntry]:
        # Inline: twenty words take about 3 ms, less than a round trip to a thread.
        return self._lexicon.lookup(set(keys))

    def _generation(self, value: T) -> Generation[T]:
        return Generation(value=value, model=self.name, prompt_version=self.prompt_version)


def _held_of(lemmas: Sequence[Lemma], taken: Collection[str]) -> list[Lemma]:
    if not isinstance(taken, Mapping):
        return []
    return [lemma for lemma in lemmas if taken.get(lemma.key) is False]
