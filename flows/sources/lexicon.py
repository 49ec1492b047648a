"""WordNet as a research source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from flows.knowledge import Citation, Evidence, Word, utc_now
from flows.lexicon import compose
from flows.lexicon.reader import Lexicon
from flows.sources.base import MOST_SENSES


class LexiconSource:
    """Evidence from WordNet's glosses. The caller closes the lexicon."""

    name = "wordnet"
    batch_size = 200
    stands_in_for: str | None = None

    def __init__(self, lexicon: Lexicon, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._lexicon = lexicon

    async def look_up(
        self,
        words: Sequence[Word],
        *,
        topic: str | None = None,  # noqa: ARG002  all senses count
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """At most three glosses per word, most common meaning first; words that are not headwords are
        absent.
        """
        now = self._clock()
        return {
            key: tuple(
                Evidence(
                    source=self.name,
                    text=compose.statement(entry, sense),
                    part_of_speech=sense.part_of_speech,
                    citation=Citation(
                        source="WordNet 3.1",
                        title=entry.text,
                        url=f"http://wordnet-rdf.princeton.edu/lemma/{quote(entry.text, safe='')}",
                        revision="3.1",
                        licence="WordNet License",
                        licence_url="https://wordnet.princeton.edu/license-and-commercial-use",
                        retrieved_at=now,
                        quote=sense.gloss,
                    ),
                )
                for sense in entry.senses[:MOST_SENSES]
            )
            for key, entry in self._lexicon.lookup({word.key for word in words}).items()
        }
