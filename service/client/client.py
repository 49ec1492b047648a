"""LearningClient: a running facade from Python, for scripts and notebooks."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

from service.client.calls import id_of
from service.client.http import TIMEOUT_S, Connection, path_of
from service.client.jobs import JobCalls
from service.client.knowledge import KnowledgeCalls
from service.client.results import Results
from service.schemas import Health, ScheduleList, ScheduleView

if TYPE_CHECKING:
    from service.client.sync import SyncLearningClient


class LearningClient(JobCalls, KnowledgeCalls):
    """A facade between `async with` and its end: `LearningClient("http://127.0.0.1:8000")`, or the one that
    LEARN_URL names.

    `token` is LEARN_API_TOKEN where it is not given. Every call ends within `timeout_s` seconds, and raises:

    * InvalidInput for what cannot be used; NotFound and Conflict are such
    * AccessRefused for a token that is missing or wrong
    * TooMany and FacadeUnavailable, to be tried again; `retry_after_s` is the facade's advice
    * UnexpectedAnswer when what answers is no facade of this version
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        super().__init__(Connection(url, token=token, timeout_s=timeout_s))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @classmethod
    def sync(
        cls, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> SyncLearningClient:
        """The same without `await`, for scripts; it works inside Jupyter's running loop too."""
        from service.client.sync import SyncLearningClient

        return SyncLearningClient(url, token=token, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The facade's address."""
        return self._connection.url

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def health(self) -> Health:
        """Whether the facade, its store and Prefect are up."""
        return await self._connection.ask(Health, "GET", "/health/ready")

    async def schedules(self) -> Results[ScheduleView]:
        """When Prefect starts jobs by itself."""
        return Results((await self._connection.ask(ScheduleList, "GET", "/schedules")).items)

    async def pause_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Let Prefect start nothing by this schedule for now."""
        return await self._connection.ask(
            ScheduleView, "POST", path_of("schedules", id_of(schedule_id, "schedule_id"), "pause")
        )

    async def resume_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Let Prefect start jobs by this schedule."""
        return await self._connection.ask(
            ScheduleView, "POST", path_of("schedules", id_of(schedule_id, "schedule_id"), "resume")
        )
