"""Which words a form belongs to: "went" to "go", "mice" to "mouse", "took off" to "take off".

The pairs are stored in the lexicon's file, built from simplemma's dictionary: the dictionary itself would
cost each process 20 MB and 100 ms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache, partial
from itertools import product
from weakref import WeakKeyDictionary

from flows.core.identity.doublets import NEVER_VARIANTS
from flows.core.identity.graphics import is_same_word
from flows.core.identity.inflection import regular_bases
from flows.core.identity.mentions import LemmasOf, tokens_to_match
from flows.core.identity.spelling import differ_by_rule
from flows.core.words import WORDS_CACHED, word_key
from flows.knowledge import PartOfSpeech
from flows.lexicon.forms import Forms
from flows.lexicon.misread import MISREAD
from flows.lexicon.reader import Lemma, Lexicon
from flows.lexicon.written import parts, senses_by_part, synsets_of, written

_SEPARATOR = re.compile(r"([ -])")
_COMBINATIONS = 24
"""Keys whose parts of speech are kept."""
_REMEMBERED_TOKENS = 20_000
_CANDIDATES: WeakKeyDictionary[Lexicon, dict[str, frozenset[str]]] = WeakKeyDictionary()
"""Per lexicon, what its tokens may be forms of: the model and the stages ask for the same ones."""


class Morphology:
    """Inflections from the lexicon. It holds only the lexicon, which the caller closes."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.parts_of = lru_cache(WORDS_CACHED)(self._parts_of)
        """The parts of speech of a headword; none for other keys."""
        self._senses = lru_cache(WORDS_CACHED)(partial(senses_by_part, lexicon))
        self._candidates = _CANDIDATES.setdefault(lexicon, {})

    def _parts_of(self, key: str) -> frozenset[PartOfSpeech]:
        return parts(self._lexicon, (key,)).get(key, frozenset())

    def lemma_candidates(self, token: str) -> frozenset[str]:
        """Every word that the token may be a form of, including itself; generous, for checking whether a text
        mentions a word.
        """
        found = self._candidates.get(token)
        if found is None:
            key = word_key(token)
            self._remember((key,))
            found = self._candidates[key]
        return found

    def _remember(self, keys: Collection[str]) -> None:
        """Cache the candidates of new tokens; common tokens recur all the time."""
        if len(self._candidates) > _REMEMBERED_TOKENS:
            self._candidates.clear()
        new = {key for key in keys if key not in self._candidates}
        if new:
            forms = Forms(self._lexicon, new)
            self._candidates.update((key, forms.candidates(key)) for key in new)

    def base_forms(self, key: str) -> tuple[str, ...]:
        """The headwords that the form is an inflection of, likeliest first; none for a headword ("left",
        "glasses").
        """
        return self.base_forms_of((key,)).get(key, ())

    def base_forms_of(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """`base_forms` of many keys at once; keys without any are absent."""
        unknown = set(keys) - self._lexicon.contains(keys)
        if not unknown:
            return {}
        pieces = {key: _SEPARATOR.split(key) for key in unknown}
        forms = Forms(self._lexicon, {piece for found in pieces.values() for piece in found})
        guesses = {key: list(_combinations(found, forms)) for key, found in pieces.items()}
        headwords = self._lexicon.contains({guess for found in guesses.values() for guess in found})
        answers = {
            key: tuple(dict.fromkeys(guess for guess in found if guess in headwords))
            for key, found in guesses.items()
        }
        return {key: found for key, found in answers.items() if found}

    def words_of(self, key: str) -> tuple[str, ...]:
        """The words that a key is truly a form of, likeliest first, headwords and words that the lexicon
        lacks ("selfies"): what may be told to people as a fact. Without the key itself.

        An ending that only may be one makes no form: "corner" is none of "corn".
        """
        strict = Forms(self._lexicon, (key,)).words(key)
        phrases = self.base_forms(key) if _SEPARATOR.search(key) else ()
        told = (base for base in phrases if not _compares_within(key, base))
        return tuple(dict.fromkeys((*told, *strict)))

    def headwords_of_forms(self, texts: Collection[str]) -> dict[str, str]:
        """The headword that each text is truly a form of ("mice": "mouse"); headwords, and texts that are a
        form of none, are absent.
        """
        keys = {text: word_key(text) for text in texts}
        forms = self.base_forms_of({*keys.values()} - {""})
        found: dict[str, str] = {}
        for text, key in keys.items():
            bases = self._lexicon.find(self.words_of(key)) if key in forms else {}
            if (base := next((b for b in self.words_of(key) if b in bases), None)) is not None:
                found[text] = bases[base].text
        return found

    def lists(self, text: str) -> bool:
        """Whether the lexicon has a word that stands for a text: itself, another spelling or its base."""
        is_itself = bool(self._lexicon.contains((word_key(text),)))
        return is_itself or bool(self.written((text,), folds_marks=True) or self.headwords_of_forms((text,)))

    def lemmas_in(self, texts: Iterable[str]) -> LemmasOf:
        """`lemma_candidates` for all tokens of some texts, in a few look-ups."""
        found = {token for text in texts for token in tokens_to_match(text)}
        self._remember(found | {token.removesuffix("'s") for token in found})
        return self.lemma_candidates

    def headwords(self, words: Collection[str]) -> dict[str, Lemma]:
        """The headword that each token stands for, the most common of itself and its base forms; tokens
        without any are absent.
        """
        choices = {word: {word} for word in words}
        for word, bases in self._lexicon.bases(words).items():
            choices[word] |= bases
        known = self._lexicon.find(key for keys in choices.values() for key in keys)
        found = {word: [known[key] for key in keys if key in known] for word, keys in choices.items()}
        return {word: min(lemmas, key=lambda lemma: lemma.rank) for word, lemmas in found.items() if lemmas}

    def are_variants(self, a: str, b: str) -> bool:
        """Whether headword `a` is another spelling of headword `b`, as "colour" is of "color": what
        each means most, in every part of speech of `a`, the other means too, or both mean the same in the
        first. "bite" and "bit", "mile" and "mil" share a rare meaning only, and "mat" is more than "matt".
        """
        # most guesses are no words at all
        if not self._is_headword(b) or {a, b} in NEVER_VARIANTS:
            return False
        senses, others = self._senses(a), self._senses(b)
        if not senses:
            return False
        main = next(iter(senses))
        if set(senses[main]) == set(others.get(main, ())) or all(
            part in others and own[0] in others[part] and others[part][0] in own
            for part, own in senses.items()
        ):
            return True
        return differ_by_rule(a, b) and self._share_meaning(a, b)

    def _is_headword(self, key: str) -> bool:
        return bool(self._lexicon.rows("SELECT 1 FROM lemma WHERE key = ?", (key,)))

    def _share_meaning(self, a: str, b: str) -> bool:
        others = self._senses(b)
        return any(not set(own).isdisjoint(others.get(part, ())) for part, own in self._senses(a).items())

    def mean_the_same(self, a: str, b: str) -> bool:
        """Whether both keys are headwords with the very same meanings: "colour" and "color" are, "bite" and
        "bit", which share one of many, are not.
        """
        one, other = synsets_of(self._lexicon, (a, b))
        return bool(one) and one == other

    def are_one_word(self, a: str, b: str, *, language: str = "en") -> bool:
        """Whether two keys are spellings of one word, of which only marks and spacing differ."""
        return is_same_word(
            a, b, parts_of=self.parts_of, shares_meaning=self._share_meaning, language=language
        )

    def written(
        self, texts: Collection[str], *, folds_marks: bool = False, reduces_forms: bool = False
    ) -> dict[str, str]:
        """Proposed texts as the lexicon writes the word; texts that stay as they are are absent.

        With `folds_marks`, a word that the lexicon lists without its accents or otherwise spaced becomes that
        headword: "naïve" becomes "naive", but "résumé" does not become "resume". With `reduces_forms`, a form
        whose key the lexicon has as an acronym or name becomes its word: "led", which is no LED, "lead".
        """
        return written(
            self._lexicon,
            texts,
            bases_of=self.base_forms_of,
            words_of=self.words_of,
            reduces_forms=reduces_forms,
            alike=self.are_one_word if folds_marks else None,
        )


def _compares_within(form: str, base: str) -> bool:
    """Whether a word of a phrase is treated as a comparative: "blacker hole" is not a form of
    "black hole".
    """
    pieces = zip(_SEPARATOR.split(form), _SEPARATOR.split(base), strict=False)
    return any(one != other and one.endswith(("er", "est")) for one, other in pieces)


def _combinations(pieces: list[str], forms: Forms) -> Iterator[str]:
    """The form with some of its words reduced to their bases, known bases before guessed ones."""
    if len(pieces) == 1:
        yield from forms.bases(pieces[0])
        return
    choices = [
        (*(known := forms.bases(piece)), *sorted(regular_bases(piece).difference(known)), piece)
        for piece in pieces
    ]
    form = "".join(pieces)
    for at, chosen in enumerate(product(*choices)):
        if at == _COMBINATIONS:
            return
        guess = "".join(chosen)
        if guess != form and f"{form}:{guess}" not in MISREAD:
            yield guess
