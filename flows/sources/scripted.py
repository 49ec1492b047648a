"""A research source that answers from a script: the shipped double for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flows.knowledge import Citation, Evidence, Word, utc_now


class ScriptedSource:
    """Finds the given texts by word key.

    `fault(n)` is asked before the n-th call (from 1) and may return an exception to raise.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        *,
        name: str = "scripted",
        stands_in_for: str | None = None,
        batch_size: int = 20,
        fault: Callable[[int], Exception | None] = lambda _: None,
    ) -> None:
        self.name = name
        self.stands_in_for = stands_in_for
        self.batch_size = batch_size
        self._texts = texts
        self._fault = fault
        self.calls = 0
        """How often it was asked."""
        self.asked: list[tuple[str, ...]] = []
        """The keys of each call."""

    async def look_up(
        self,
        words: Sequence[Word],
        *,
        topic: str | None = None,  # noqa: ARG002  one text a word
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """The scripted text of each word that has one."""
        self.calls += 1
        self.asked.append(tuple(word.key for word in words))
        if (error := self._fault(self.calls)) is not None:
            raise error
        return {
            word.key: (self._evidence(word, self._texts[word.key]),)
            for word in words
            if word.key in self._texts
        }

    def _evidence(self, word: Word, text: str) -> Evidence:
        citation = Citation(
            source=self.name,
            title=word.text,
            url=f"script:{word.key}",
            licence="CC0-1.0",
            licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
            retrieved_at=utc_now(),
            quote=text,
        )
        return Evidence(source=self.name, text=text, citation=citation)
