"""Asks a language model for new words: several requests at once, each for another kind of words, chosen by
what each kind still gives.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from flows.core import diversity, selection
from flows.core.diversity import Cell, Survey
from flows.errors import LearningError
from flows.knowledge import Candidate, Generation, ProposalRequest, Round, Usage
from flows.lexicon.census import cell_sizes
from flows.stages.asking import ask_for_words
from flows.stages.resources import Resources

FEWEST_WORDS = 20
REQUESTS = 4
"""How many kinds of words a small round asks for, if it asks for at least twenty of each."""


class Answered:
    """Words with the kind that each was asked for, None for any kind, and the bill."""

    def __init__(self, words: Sequence[tuple[str, str | None]], *, usage: Usage, prompt_version: str) -> None:
        self.words = tuple(words)
        self.usage = usage
        self.prompt_version = prompt_version


class PromptPlanner:
    """Remembers what each kind of words has given in this job. `rounds` are those of earlier attempts."""

    def __init__(
        self, rounds: Iterable[Round] = (), *, topic: str | None = None, language: str = "en"
    ) -> None:
        self._topic = topic
        self._language = language
        self._earlier = tuple(rounds)
        self._survey: Survey | None = None
        self._turn = len(self._earlier)
        self._requests: tuple[tuple[Cell | None, ProposalRequest], ...] = ()
        self._answers: dict[int, Generation[tuple[str, ...]]] = {}

    async def ask(self, resources: Resources, wanted: int) -> Answered:
        """About this many words. Asked again before `note_verdicts`, it sends only the requests that failed.

        Goes on with what came when only some requests failed; raises the first failure, as `propose` does,
        when all did.
        """
        if not self._requests:
            self._requests = self._planned(resources, wanted)
        todo = [at for at in range(len(self._requests)) if at not in self._answers]
        results = await asyncio.gather(
            *(ask_for_words(resources.model, self._requests[at][1], resources.troubles) for at in todo),
            return_exceptions=True,
        )
        failures = [result for result in results if isinstance(result, BaseException)]
        self._answers |= {
            at: result
            for at, result in zip(todo, results, strict=True)
            if not isinstance(result, BaseException)
        }
        if failures and (
            not self._answers or not all(isinstance(failure, LearningError) for failure in failures)
        ):
            raise failures[0]
        answers = [(self._requests[at][0], self._answers[at]) for at in sorted(self._answers)]
        return Answered(
            [(word, cell.label if cell else None) for cell, answer in answers for word in answer.value],
            usage=sum((answer.usage for _, answer in answers), Usage()),
            prompt_version=answers[0][1].prompt_version if answers else "",
        )

    def note_verdicts(self, candidates: Sequence[Candidate]) -> None:
        """Take note of a round's verdicts."""
        self._requests, self._answers = (), {}
        self._turn += 1
        if self._survey is not None:
            self._survey = observed(self._survey, candidates)

    def _planned(self, resources: Resources, wanted: int) -> tuple[tuple[Cell | None, ProposalRequest], ...]:
        if self._survey is None:
            self._survey = Survey.over(cell_sizes(resources.lexicon))
            for round_ in self._earlier:
                self._survey = observed(self._survey, round_.candidates)
        shares = diversity.shares(wanted, min(diversity.REQUEST_WORDS, max(FEWEST_WORDS, wanted // REQUESTS)))
        # the seed is no secret
        chosen = self._survey.choose(len(shares), random.Random(f"{self._topic} {self._turn}"))  # noqa: S311
        if not chosen:
            return ((None, self._request(sum(shares), None, ())),)
        return tuple(
            (cell, self._request(share, cell, self._survey.unwanted(cell)))
            for share, cell in zip(shares, chosen, strict=False)
        )

    def _request(self, count: int, cell: Cell | None, avoid: Sequence[str]) -> ProposalRequest:
        cells = (cell.label,) if cell else ()
        return ProposalRequest(
            count=count, topic=self._topic, language=self._language, cells=cells, avoid=tuple(avoid)
        )


def observed(survey: Survey, candidates: Sequence[Candidate]) -> Survey:
    """The survey with a round's verdicts."""
    by_cell: Mapping[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.cell is not None and candidate.origin == "model":
            by_cell[candidate.cell].append(candidate)
    for label, found in by_cell.items():
        if (cell := Cell.read(label)) is not None:
            words = [candidate.text for candidate in found if candidate.verdict not in selection.MALFORMED]
            survey = survey.observe(cell, words, unseen=selection.counts_of(found).unseen)
    return survey
