"""Where a job's candidates come from: a language model, round after round, or a list of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.knowledge import Candidate, Origin, ProposalRequest, Round, Usage, Verdict
from flows.stages.asking import ask_for_words
from flows.stages.planner import PromptPlanner
from flows.stages.resources import Resources

Proposed = tuple[str, Origin]

FROM_THE_FRONTIER = 0.2
"""Share of a round that comes from the frontier when a model is asked for the rest."""
MOST_FRONTIER_WORDS, MOST_FRONTIER_PAGES = 200, 3
SPARE = 20
"""How many words to read beyond those wanted: this job may be working on some."""


class Gathered:
    """Candidates for one round, in order, with the kind that each was asked for, and with their bill."""

    def __init__(
        self,
        candidates: Sequence[Proposed],
        *,
        usage: Usage,
        prompt_version: str,
        cells: Sequence[str | None] = (),
    ) -> None:
        self.candidates = tuple(candidates)
        self.cells = (None,) * (len(self.candidates) - len(cells)) + tuple(cells)
        self.usage = usage
        self.prompt_version = prompt_version


class CandidateSource:
    """Candidates for round after round.

    What a round postpones comes first in the next; nothing is asked for twice.

    Without `candidates_per_round` only the given words are supplied.
    """

    def __init__(
        self,
        given: Iterable[Proposed] = (),
        *,
        processed: Iterable[str] = (),
        candidates_per_round: int = 0,
        topic: str | None = None,
        language: str = "en",
        rounds: Iterable[Round] = (),
    ) -> None:
        self.processed = set(processed)
        """Keys that this job has accepted before."""
        self._waiting = list(given)
        self._carried: set[str] = set()
        self._declined: set[str] = set()
        """Keys of the frontier that a round did not take, such as inflections: they would come first for
        ever.
        """
        self._gathered: Gathered | None = None
        self._candidates_per_round = candidates_per_round
        self._topic = topic
        self._language = language
        self._planner = PromptPlanner(rounds, topic=topic, language=language)

    @property
    def topic(self) -> str | None:
        """What the words are near to."""
        return self._topic

    @property
    def is_spent(self) -> bool:
        """Whether no candidate is left and none will come."""
        return not self._waiting and not self._candidates_per_round

    def is_carried(self, key: str) -> bool:
        """Whether an earlier round has recorded the word as postponed."""
        return key in self._carried

    async def gather(self, resources: Resources) -> Gathered:
        """The candidates of the next round; the same ones again until they are settled, so that a retry asks
        for nothing twice.
        """
        if self._gathered is None:
            wanted = self._candidates_per_round - len(self._waiting)
            self._gathered = (
                await self._ask(resources, wanted)
                if wanted > 0
                else Gathered(self._waiting, usage=Usage(), prompt_version="")
            )
        return self._gathered

    async def _ask(self, resources: Resources, wanted: int) -> Gathered:
        if not resources.model.invents:
            request = ProposalRequest(count=wanted, topic=self._topic, language=self._language)
            generation = await ask_for_words(resources.model, request, resources.troubles)
            fresh: list[Proposed] = [(text, "model") for text in generation.value]
            return Gathered(
                [*self._waiting, *fresh], usage=generation.usage, prompt_version=generation.prompt_version
            )
        mentioned = await self._mentioned(resources, round(wanted * FROM_THE_FRONTIER))
        found = await self._planner.ask(resources, wanted - len(mentioned))
        candidates: list[Proposed] = [
            *self._waiting,
            *mentioned,
            *((text, "model") for text, _ in found.words),
        ]
        return Gathered(
            candidates,
            usage=found.usage,
            prompt_version=found.prompt_version,
            cells=[cell for _, cell in found.words],
        )

    async def _mentioned(self, resources: Resources, count: int) -> list[Proposed]:
        """The words that entries mention most, which cost nothing to propose.

        None if there is a topic, since they lead away from it.
        """
        if self._topic is not None or count < 1:
            return []
        fresh: list[Proposed] = []
        cursor: str | None = None
        for _ in range(MOST_FRONTIER_PAGES):
            page = await resources.store.frontier(
                limit=min(MOST_FRONTIER_WORDS, count + SPARE), cursor=cursor
            )
            fresh += [
                (word.word, "frontier")
                for word in page.items
                if word.key not in self.processed | self._declined
            ]
            cursor = page.cursor
            if cursor is None or len(fresh) >= count:
                break
        return fresh[:count]

    def marked(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The candidates of what was gathered, each with the kind that it was asked for."""
        cells = self._gathered.cells if self._gathered is not None else ()
        return tuple(
            c.model_copy(update={"cell": cell}) if cell else c
            for c, cell in zip(candidates, cells, strict=True)
        )

    def note_verdicts(self, candidates: Sequence[Candidate]) -> None:
        """Take note of a round's verdicts."""
        self._gathered = None
        self._planner.note_verdicts(candidates)
        self.processed.update(c.key for c in candidates if c.verdict is Verdict.ACCEPTED)
        self._declined.update(
            c.key
            for c in candidates
            if c.origin == "frontier" and c.verdict not in {Verdict.ACCEPTED, Verdict.POSTPONED}
        )
        postponed = [c for c in candidates if c.verdict is Verdict.POSTPONED]
        self._waiting = [(c.text, "backlog") for c in postponed]
        self._carried = {c.key for c in postponed}
