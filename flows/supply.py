"""Where a job's candidates come from: a language model, round after round, or a list of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.asking import ask_for_words
from flows.knowledge import Candidate, Origin, ProposalRequest, Usage, Verdict
from flows.resources import Resources

Proposed = tuple[str, Origin]


class Gathered:
    """Candidates for one round, in order, with their bill."""

    def __init__(self, candidates: Sequence[Proposed], *, usage: Usage, prompt_version: str) -> None:
        self.candidates = tuple(candidates)
        self.usage = usage
        self.prompt_version = prompt_version


class Supply:
    """Candidates for round after round. What a round postpones comes first in the next; nothing is asked for twice.

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
    ) -> None:
        self.processed = set(processed)
        """Keys that this job has accepted before."""
        self._waiting = list(given)
        self._carried: set[str] = set()
        self._gathered: Gathered | None = None
        self._candidates_per_round = candidates_per_round
        self._topic = topic
        self._language = language

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
        """The candidates of the next round; the same ones again until they are settled, so that a retry asks for nothing twice."""
        if self._gathered is None:
            usage, prompt_version, fresh = Usage(), "", list[Proposed]()
            wanted = self._candidates_per_round - len(self._waiting)
            if wanted > 0:
                request = ProposalRequest(count=wanted, topic=self._topic, language=self._language)
                generation = await ask_for_words(resources.model, request)
                usage, prompt_version = generation.usage, generation.prompt_version
                fresh = [(text, "model") for text in generation.value]
            self._gathered = Gathered([*self._waiting, *fresh], usage=usage, prompt_version=prompt_version)
        return self._gathered

    def settle(self, candidates: Sequence[Candidate]) -> None:
        """Take note of a round's verdicts."""
        self._gathered = None
        self.processed.update(c.key for c in candidates if c.verdict is Verdict.ACCEPTED)
        postponed = [c for c in candidates if c.verdict is Verdict.POSTPONED]
        self._waiting = [(c.text, "backlog") for c in postponed]
        self._carried = {c.key for c in postponed}
