"""The lexicon in a language model's place: real words and texts from WordNet, with no key and no network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from flows.core.words import form_problem, tokens, word_key
from flows.errors import UnknownTopic
from flows.knowledge import Deepening, DeepeningRequest, Definition, DefinitionDraft, Enrichment, Generation, ProposalRequest, WordEvidence
from flows.knowledge.base import T
from flows.lexicon import compose, relate
from flows.lexicon.neighbourhood import neighbourhood, suggestions
from flows.lexicon.reader import Lemma, LexicalEntry, Lexicon

_PAGE = 1000

Taken = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Tells which of some keys are known already or claimed by someone."""


class LexiconModel:
    """Proposes common words first, or those near a topic, and composes everything else from glosses and relations.

    It invents nothing, so what WordNet lacks stays empty. It proposes no word twice in its life. The lexicon stays the caller's to close.
    """

    name = "wordnet-3.1"
    invents = False
    prompt_version = "lexicon-1"

    def __init__(self, lexicon: Lexicon, *, taken: Taken) -> None:
        self._lexicon = lexicon
        self._taken = taken
        self._offered = bytearray(lexicon.size + 1)
        self._supplies: dict[str | None, Iterator[Lemma]] = {}
        self._left_over: dict[str | None, list[Lemma]] = {}
        self._turn = asyncio.Lock()

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """Lemmas that nobody has taken, at most `request.count`; fewer or none at the end of the list or of the topic's neighbourhood.

        Raises UnknownTopic, with words spelled like it, when nothing is near the topic.
        """
        topic = word_key(request.topic) if request.topic and request.topic.strip() else None
        avoided = {word_key(word) for word in request.avoid}
        words: list[str] = []
        async with self._turn:
            while len(words) < request.count:
                page = self._left_over.pop(topic, None) or await self._free(topic)
                if not page:
                    break
                while page and len(words) < request.count:
                    lemma = page.pop(0)
                    if not self._offered[lemma.rank] and lemma.key not in avoided:
                        self._offered[lemma.rank] = 1
                        words.append(lemma.text)
                self._left_over[topic] = page
        return self._generation(tuple(words))

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """The gloss of each word's common meaning; words that are no headwords are absent."""
        entries = self._look_up(item.word.key for item in batch)
        return self._generation(
            {key: DefinitionDraft(text=compose.definition(entry), part_of_speech=entry.senses[0].part_of_speech) for key, entry in entries.items()}
        )

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """All meanings, the words around the common one and the examples that show the word; words that are no headwords are absent."""
        entries = self._look_up(item.key for item in batch)
        forms = self._lexicon.forms({token for key in entries for token in tokens(key)})
        glossary = {key: lemma.text for key, lemma in self._lexicon.find({w for e in entries.values() for w in relate.gloss_words(e)}).items()}
        answers = {}
        for key, entry in entries.items():
            examples = [relate.fitting_examples(sense, key, forms) for sense in entry.senses]
            answers[key] = Enrichment(
                related_concepts=relate.related_concepts(entry, self._lexicon, glossary),
                relations=relate.relations(entry, self._lexicon),
                examples=relate.best_examples(examples),
                category=entry.senses[0].category.value,
                senses=compose.senses(entry, examples),
            )
        return self._generation(answers)

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A text on all meanings and on the words around the common one; uses where a gloss names them, misconceptions never."""
        entries = self._look_up(item.entry.key for item in batch)
        return self._generation(
            {
                key: Deepening(explanation=compose.explanation(entry, self._lexicon.presentable), applications=compose.applications(entry))
                for key, entry in entries.items()
            }
        )

    async def _free(self, topic: str | None) -> list[Lemma]:
        """The next lemmas that nobody has taken; empty at the end."""
        first = topic not in self._supplies
        supply = self._supplies.setdefault(topic, neighbourhood(self._lexicon, topic) if topic else self._all())
        # A thread, since the neighbourhood of a topic reads every gloss once, some 50 ms.
        while page := await asyncio.to_thread(lambda: list(islice(supply, _PAGE))):
            usable = [lemma for lemma in page if not self._offered[lemma.rank] and form_problem(lemma.text) is None]
            taken = await self._taken([lemma.key for lemma in usable]) if usable else ()
            free = [lemma for lemma in usable if lemma.key not in taken]
            if free:
                return free
            first = False
        if first and topic:
            del self._supplies[topic]
            raise self._unknown(topic)
        return []

    def _all(self) -> Iterator[Lemma]:
        rank = 0
        while page := self._lexicon.lemmas(after_rank=rank, limit=_PAGE):
            yield from page
            rank = page[-1].rank

    def _unknown(self, topic: str) -> UnknownTopic:
        close = suggestions(self._lexicon, topic)
        hint = f"Try {' or '.join(f'“{word}”' for word in close)}, or leave the topic out." if close else "Give a wider word, or leave the topic out."
        return UnknownTopic("topic", f"WordNet has nothing near “{topic}”", hint)

    def _look_up(self, keys: Iterator[str]) -> dict[str, LexicalEntry]:
        # Inline: twenty words take some 3 ms, less than the way to a thread and back is worth.
        return self._lexicon.lookup(set(keys))

    def _generation(self, value: T) -> Generation[T]:
        return Generation(value=value, model=self.name, prompt_version=self.prompt_version)
