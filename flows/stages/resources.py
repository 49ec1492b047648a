"""What the stages of a job work with."""

from __future__ import annotations

from collections.abc import Sequence

from flows.knowledge import QuotaLeft
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon
from flows.models.base import LanguageModel, Paced
from flows.settings import Settings
from flows.sources.base import Source
from flows.stages.deadline import Deadline
from flows.stages.troubles import Troubles
from flows.stores.base import Store


class Resources:
    """The open resources of one job.

    Not a dataclass, so that Prefect does not walk through it when it is passed to a task.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        model: LanguageModel,
        sources: Sequence[Source],
        lexicon: Lexicon,
        deadline: Deadline,
    ) -> None:
        self.settings = settings
        self.store = store
        self.model = model
        self.sources = tuple(sources)
        self.lexicon = lexicon
        self.morphology = Morphology(lexicon)
        self.deadline = deadline
        self.troubles = Troubles(store.now)
        self._paced = model if isinstance(model, Paced) else None

    @property
    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left of the model's quota; nothing where none holds it back."""
        return self._paced.quota_left if self._paced is not None else ()
