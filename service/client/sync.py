"""LearningClient without `await`: its calls run in an event loop in a separate thread."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import CancelledError
from functools import wraps
from types import TracebackType
from typing import Any, Self

from service.client import LearningClient
from service.client.http import TIMEOUT_S

CLOSE_S = 5.0


class SyncLearningClient:
    """Has every method of LearningClient; `watch` is an ordinary generator.

    Use it in a `with` block, or call `close`.
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: set[AsyncGenerator[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="learning client", daemon=True)
        self._client = LearningClient(url, token=token, timeout_s=timeout_s)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The server's URL."""
        return self._client.url

    def close(self) -> None:
        """Close all connections and end the thread. Closing twice has no effect."""
        if self._loop.is_closed():
            return
        for frames in list(self._open):
            self._run(frames.aclose())
        self._run(self._client.close())
        self._run(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        self._loop.close()

    async def _settle(self) -> None:
        """Wait for generators and tasks that are closing."""
        await self._loop.shutdown_asyncgens()
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=CLOSE_S)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  a method of LearningClient
        method = getattr(self._client, name) if not name.startswith("_") else None
        if inspect.isasyncgenfunction(method):

            @wraps(method)
            def told(*args: Any, **kwargs: Any) -> Generator[Any]:  # noqa: ANN401  any method
                return self._iterate(method(*args, **kwargs))

            return told
        if inspect.iscoroutinefunction(method):

            @wraps(method)
            def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  any method
                return self._run(method(*args, **kwargs))

            return called
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted(
            {*super().__dir__(), *(name for name in dir(LearningClient) if not name.startswith("_"))}
        )

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  whatever it returns
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("This client is closed; open a new one")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise
        except BaseException:
            # Ctrl-C reaches only this thread
            future.cancel()
            raise

    def _iterate(self, frames: AsyncGenerator[Any]) -> Generator[Any]:
        async def following() -> Any:  # noqa: ANN401  any item
            return await anext(frames, None)

        self._open.add(frames)
        try:
            while (frame := self._run(following())) is not None:
                yield frame
        finally:
            self._open.discard(frames)
            if not self._loop.is_closed():
                self._run(frames.aclose())
